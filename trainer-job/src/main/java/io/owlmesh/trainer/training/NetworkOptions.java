// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.training;

import io.owlmesh.core.DType;

/**
 * How a network computes while it learns.
 *
 * @param device {@code cpu} or {@code cuda:N}
 * @param threads of one operator
 * @param dtype of the arithmetic; what learns is kept in float32 beside it
 * @param checkpointing whether activations inside blocks are computed again instead of kept
 * @param abstractorDropout probability that a weight of the abstractor's attention is dropped
 */
public record NetworkOptions(
    String device, int threads, DType dtype, boolean checkpointing, double abstractorDropout) {}
