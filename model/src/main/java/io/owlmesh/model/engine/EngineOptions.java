// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.engine;

/**
 * Where and how a network runs.
 *
 * @param device {@code cpu} or {@code cuda:N}
 * @param precision number type of weights and arithmetic
 * @param threads threads of one operator on the CPU; 0 for as many as pay, see {@link
 *     #forParameters}
 */
public record EngineOptions(String device, Precision precision, int threads) {
  /** As many threads as pay, in the type that the weights are stored in. */
  public static final EngineOptions DEFAULTS = new EngineOptions("cpu", Precision.AUTO, 0);

  // Where operators are so short that sharing one out costs more than it wins. Measured on two
  // cores, answers of a model of 2 million parameters: 1083 tokens/s with one thread, 255 with two.
  private static final long SMALL = 16_000_000;

  /**
   * Settles how many threads work for a network of this size: one for a small network, else one per
   * core, unless a number was asked for.
   */
  public EngineOptions forParameters(long parameters) {
    int cores = Runtime.getRuntime().availableProcessors();
    int paying = parameters < SMALL ? 1 : cores;
    return threads == 0 ? new EngineOptions(device, precision, paying) : this;
  }

  public EngineOptions withPrecision(Precision other) {
    return new EngineOptions(device, other, threads);
  }
}
