// SPDX-License-Identifier: Apache-2.0
@NullMarked
package io.owlmesh.model.language;

import org.jspecify.annotations.NullMarked;
