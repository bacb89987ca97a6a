// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.training;

import io.owlmesh.core.DType;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.trainer.training.TrainingScript.StepFactors;
import io.owlmesh.trainer.training.TrainingScript.StepSizes;

/** The numbers that the program of a step is told. */
record StepArguments(
    ModelConfig config, Trainables trainables, NetworkOptions options, TensorOrder order) {
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
   * Sizes and switches.
   *
   * @param seed of the dropout
   * @param mode what is done with activations
   */
  StepSizes sizes(long seed, int mode) {
    return new StepSizes(
        order.connector(),
        order.language(),
        order.lora(),
        seed,
        mode,
        number(options.dtype()),
        firstSegment());
  }

  /** The first segment of the program's chain in which anything learns. */
  private long firstSegment() {
    if (trainables.vision()) {
      return 0;
    }
    int reading = config.visionNetwork().weights().layers() + 1;
    return trainables.connector() || trainables.languageModel() ? reading : reading + 1;
  }

  /**
   * Factors and probabilities.
   *
   * @param factor of the summed loss
   * @param drops whether there is dropout
   */
  StepFactors factors(double factor, boolean drops) {
    return new StepFactors(
        factor,
        trainables.lora().map(Lora::scaling).orElse(1.0),
        drops ? trainables.lora().map(Lora::dropout).orElse(0.0) : 0,
        drops ? options.abstractorDropout() : 0);
  }
}
