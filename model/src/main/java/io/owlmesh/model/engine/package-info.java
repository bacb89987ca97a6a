// SPDX-License-Identifier: Apache-2.0
/**
 * What all networks need to run: TorchScript programs on DJL's PyTorch engine, weights that are
 * mapped or packed for it, and the thread that owns it.
 */
@NullMarked
package io.owlmesh.model.engine;

import org.jspecify.annotations.NullMarked;
