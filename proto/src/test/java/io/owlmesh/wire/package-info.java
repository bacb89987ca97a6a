// SPDX-License-Identifier: Apache-2.0
@NullMarked
package io.owlmesh.wire;

import org.jspecify.annotations.NullMarked;
