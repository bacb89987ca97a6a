// SPDX-License-Identifier: Apache-2.0
/**
 * The comparison of training with the reference's: token ids, masks, losses, gradients, weights.
 */
@NullMarked
package io.owlmesh.trainer.verify;

import org.jspecify.annotations.NullMarked;
