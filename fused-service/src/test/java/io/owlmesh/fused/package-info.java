// SPDX-License-Identifier: Apache-2.0
@NullMarked
package io.owlmesh.fused;

import org.jspecify.annotations.NullMarked;
