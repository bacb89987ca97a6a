// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.engine;

/**
 * Where and how a network runs.
 *
 * @param device {@code cpu} or {@code cuda:N}
 * @param precision number type of weights and arithmetic
 * @param threads threads of one operator on the CPU; 0 for one per core
 */
public record EngineOptions(String device, Precision precision, int threads) {
  /** One thread per core of the CPU, in the type that the weights are stored in. */
  public static final EngineOptions DEFAULTS = new EngineOptions("cpu", Precision.AUTO, 0);

  public EngineOptions withPrecision(Precision other) {
    return new EngineOptions(device, other, threads);
  }
}
