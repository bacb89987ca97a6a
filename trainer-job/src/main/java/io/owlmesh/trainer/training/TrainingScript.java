// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.training;

import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.family.NetworkSpec;
import io.owlmesh.model.script.NamedTuple;
import io.owlmesh.model.script.Script;
import io.owlmesh.runtime.language.DecoderScript;
import java.util.List;

/** The program of a model while it learns, and the numbers that it is told, by name. */
final class TrainingScript {
  private static final String RESOURCE = "/io/owlmesh/trainer/training/training.torchscript";

  private TrainingScript() {}

  /**
   * Of a step.
   *
   * @param connector index of the connector's first tensor
   * @param language index of the language model's first tensor
   * @param lora index of the first matrix of a LoRA
   * @param seed of the dropout
   * @param mode {@link StepArguments#KEEP}, {@link StepArguments#RECOMPUTE} or {@link
   *     StepArguments#MEASURE}
   * @param dtype number of the working type
   * @param firstSegment of the chain in which anything learns
   */
  record StepSizes(
      long connector,
      long language,
      long lora,
      long seed,
      long mode,
      long dtype,
      long firstSegment) {}

  /**
   * Of a step.
   *
   * @param lossFactor of the summed loss
   * @param loraDropout probability that a number that A reads is dropped
   * @param connectorDropout probability that a weight of the connector's attention is dropped
   */
  record StepFactors(
      double lossFactor, double loraScaling, double loraDropout, double connectorDropout) {}

  /** Of an update; see {@link Optimiser}. */
  record UpdateNumbers(
      double rate,
      double beta1,
      double beta2,
      double epsilon,
      double weightDecay,
      double clipNorm) {}

  /**
   * How a tensor of a checkpoint enters.
   *
   * @param bfloat16 1 if it is bfloat16 under another name
   * @param dtype number of the type to be
   */
  record EntryType(int bfloat16, int dtype) {}

  static Script of(ModelConfig config) {
    NetworkSpec language = config.languageNetwork();
    List<NamedTuple> numbers =
        List.of(
            NamedTuple.of(StepSizes.class),
            NamedTuple.of(StepFactors.class),
            NamedTuple.of(UpdateNumbers.class),
            NamedTuple.of(EntryType.class));
    return config
        .visionNetwork()
        .script()
        .plus(config.connectorNetwork().script())
        .plus(language.script())
        .plus(DecoderScript.of(language.weights()))
        .plus(
            new Script(
                numbers, numbers.stream().map(NamedTuple::reader).toList(), List.of(RESOURCE)));
  }
}
