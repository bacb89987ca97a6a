// SPDX-License-Identifier: Apache-2.0
/**
 * Weight files: safetensors and what torch.save writes, mapped into memory; no code they carry is
 * run.
 */
@NullMarked
package io.owlmesh.model.weights;

import org.jspecify.annotations.NullMarked;
