// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime;

import io.owlmesh.core.OwlException;

/**
 * Where and how a network runs.
 *
 * @param device {@code cpu} or {@code cuda:N}
 * @param precision number type of weights and arithmetic
 * @param threads threads of one operator on the CPU; 0 for as many as pay, see {@link
 *     #forParameters}
 * @param quantization of a language model's matrices; computes in bfloat16 unless it is none
 */
public record EngineOptions(
    String device, Precision precision, int threads, Quantization quantization) {
  /** As many threads as pay, in the type that the weights are stored in. */
  public static final EngineOptions DEFAULTS = new EngineOptions("cpu", Precision.AUTO, 0);

  // Where operators are so short that sharing one out costs more than it wins. Measured on two
  // cores, answers of a model of 2 million parameters: 1083 tokens/s with one thread, 255 with two.
  private static final long SMALL = 16_000_000;

  public EngineOptions {
    boolean bfloat16 = precision == Precision.AUTO || precision == Precision.BFLOAT16;
    if (quantization != Quantization.NONE && !bfloat16) {
      throw OwlException.badInput(
          "quantize", quantization.label() + " computes in bfloat16, not " + precision.label());
    }
    if (quantization != Quantization.NONE && !device.equals("cpu")) {
      throw OwlException.badInput(
          "quantize", quantization.label() + " is for the CPU, not " + device);
    }
  }

  /** Without quantization. */
  public EngineOptions(String device, Precision precision, int threads) {
    this(device, precision, threads, Quantization.NONE);
  }

  /**
   * Settles how many threads work for a network of this size: one for a small network, else one per
   * core, unless a number was asked for.
   */
  public EngineOptions forParameters(long parameters) {
    int cores = Runtime.getRuntime().availableProcessors();
    int paying = parameters < SMALL ? 1 : cores;
    return threads == 0 ? new EngineOptions(device, precision, paying, quantization) : this;
  }

  public EngineOptions withQuantization(Quantization other) {
    return new EngineOptions(device, precision, threads, other);
  }

  public EngineOptions withPrecision(Precision other) {
    return new EngineOptions(device, other, threads, quantization);
  }
}
