// SPDX-License-Identifier: Apache-2.0
@NullMarked
package io.owlmesh.abstractor;

import org.jspecify.annotations.NullMarked;
