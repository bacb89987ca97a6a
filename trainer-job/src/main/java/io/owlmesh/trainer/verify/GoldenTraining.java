// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.verify;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.owlmesh.core.OwlException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What the reference's training gave: the file {@code train.json}.
 *
 * @param maxLength M; samples are padded to M + 1
 */
@JsonIgnoreProperties(ignoreUnknown = true)
record GoldenTraining(
    @JsonProperty("max_length") int maxLength,
    List<Sample> samples,
    Optimizer optimizer,
    Map<String, Stage> stages) {
  static GoldenTraining read(Path folder) {
    try {
      return new ObjectMapper()
          .readValue(folder.resolve("train.json").toFile(), GoldenTraining.class);
    } catch (IOException e) {
      throw OwlException.badInput("golden", "train.json: " + e.getMessage());
    }
  }

  /**
   * A sample as tokens.
   *
   * @param ids [M + 1], 0 behind its end, -1 at visual positions
   * @param targets [M]; 1 where the token one further is learnt
   */
  record Sample(List<Integer> ids, @JsonProperty("trained_targets") List<Integer> targets) {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  record Optimizer(
      double lr,
      List<Double> betas,
      double eps,
      @JsonProperty("weight_decay") double weightDecay,
      @JsonProperty("clip_norm") double clipNorm) {}

  /**
   * A stage of one batch a step.
   *
   * @param trains names of what learns
   * @param losses before each step, and after the last
   * @param gradientNorms before clipping
   * @param firstNorms norm of each gradient in the first step, before clipping
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  record Stage(
      List<String> trains,
      @JsonProperty("uses_text_only_samples") boolean usesText,
      @JsonProperty("loss_before_each_step_and_after_the_last") List<Double> losses,
      @JsonProperty("gradient_norm_before_clipping") List<Double> gradientNorms,
      @JsonProperty("first_gradient_norms") Map<String, Double> firstNorms) {}
}
