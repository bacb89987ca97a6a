// SPDX-License-Identifier: Apache-2.0
@NullMarked
package io.owlmesh.runtime.vector;

import org.jspecify.annotations.NullMarked;
