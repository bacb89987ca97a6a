// SPDX-License-Identifier: Apache-2.0
@NullMarked
package io.owlmesh.model.script;

import org.jspecify.annotations.NullMarked;
