// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.training;

import io.owlmesh.core.DType;
import io.owlmesh.model.OwlConfig;

/** The numbers that the program of a step is told, in the order in which it reads them. */
record StepArguments(
    OwlConfig config, Trainables trainables, NetworkOptions options, TensorOrder order) {
  /** Activations are kept for the way back. */
  static final int KEEP = 0;

  /** Activations are computed again on the way back. */
  static final int RECOMPUTE = 1;

  /** There is no way back: the loss is measured alone. */
  static final int MEASURE = 2;

  /** Number of a type in TorchScript. */
  static int number(DType dtype) {
    return dtype == DType.BFLOAT16 ? 15 : 6;
  }

  /**
   * The program's {@code sizes}.
   *
   * @param seed of the dropout
   * @param mode what is done with activations
   */
  long[] sizes(long seed, int mode) {
    return new long[] {
      config.vision().heads(),
      config.abstractor().heads(),
      config.vision().layers(),
      config.language().layers(),
      order.abstractor(),
      order.language(),
      order.lora(),
      config.language().keyValueHeads(),
      seed,
      mode,
      number(options.dtype()),
      firstSegment(),
      config.language().headSize()
    };
  }

  /** The first segment of the program's chain in which anything learns. */
  private long firstSegment() {
    if (trainables.vision()) {
      return 0;
    }
    int reading = config.vision().layers() + 1;
    return trainables.connector() || trainables.languageModel() ? reading : reading + 1;
  }

  /**
   * The program's {@code numbers}.
   *
   * @param factor of the summed loss
   * @param drops whether there is dropout
   */
  double[] numbers(double factor, boolean drops) {
    return new double[] {
      config.vision().epsilon(),
      config.abstractor().epsilon(),
      config.language().epsilon(),
      config.language().ropeTheta(),
      factor,
      trainables.lora().map(Lora::scaling).orElse(0.0),
      drops ? trainables.lora().map(Lora::dropout).orElse(0.0) : 0,
      drops ? options.abstractorDropout() : 0
    };
  }
}
