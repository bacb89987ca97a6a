// SPDX-License-Identifier: Apache-2.0
/**
 * Checkpoints and adapters on disk: what config.json says, which tensors a model has, their digest,
 * and writing new ones.
 */
@NullMarked
package io.owlmesh.model.checkpoint;

import org.jspecify.annotations.NullMarked;
