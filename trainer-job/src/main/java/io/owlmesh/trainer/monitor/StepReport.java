// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.monitor;

/**
 * One step of training.
 *
 * @param step from 1
 * @param steps of the stage
 * @param loss mean of -log p over the trained targets
 * @param gradientNorm before clipping
 * @param tokens of the samples, without padding
 * @param seconds of the whole step
 * @param dataSeconds of these, waiting for data
 * @param exchangeSeconds of these, giving to other workers and waiting for what they give
 */
public record StepReport(
    String stage,
    long step,
    long steps,
    double loss,
    double learningRate,
    double gradientNorm,
    long tokens,
    double seconds,
    double dataSeconds,
    double exchangeSeconds) {}
