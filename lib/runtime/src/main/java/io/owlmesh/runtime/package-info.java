// SPDX-License-Identifier: Apache-2.0
/**
 * The one place that knows the engine: TorchScript programs on DJL, and weights mapped or packed
 * for it.
 */
@NullMarked
package io.owlmesh.runtime;

import org.jspecify.annotations.NullMarked;
