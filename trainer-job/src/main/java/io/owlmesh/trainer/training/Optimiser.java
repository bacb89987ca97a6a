// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.training;

/**
 * AdamW, with decoupled weight decay of all that learns.
 *
 * @param beta1 decay of the first moment
 * @param beta2 decay of the second moment
 * @param clipNorm greatest norm over all gradients together; 0 for no limit
 */
public record Optimiser(
    double beta1, double beta2, double epsilon, double weightDecay, double clipNorm) {}
