// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.recipe;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.owlmesh.trainer.training.Optimiser;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * As {@link Optimiser}, with the paper's values of the first stage where nothing is said.
 *
 * @param clip greatest norm of the gradient; 0 for any
 */
public record OptimiserRecipe(
    List<Double> betas,
    double epsilon,
    @JsonProperty("weight_decay") double weightDecay,
    double clip) {
  static final OptimiserRecipe DEFAULT = read(null, null, 0, null);

  public OptimiserRecipe {
    betas = List.copyOf(betas);
    Check.that(betas.size() == 2, "stages.optimizer.betas", "expected two");
    betas.forEach(beta -> Check.range("stages.optimizer.betas", beta, 0, 0.999999));
    Check.range("stages.optimizer.epsilon", epsilon, 1e-20, 1);
    Check.range("stages.optimizer.weight_decay", weightDecay, 0, 10);
    Check.range("stages.optimizer.clip", clip, 0, 1e6);
  }

  @JsonCreator
  static OptimiserRecipe read(
      @JsonProperty("betas") @Nullable List<Double> betas,
      @JsonProperty("epsilon") @Nullable Double epsilon,
      @JsonProperty("weight_decay") double weightDecay,
      @JsonProperty("clip") @Nullable Double clip) {
    return new OptimiserRecipe(
        betas == null ? List.of(0.9, 0.98) : betas,
        Check.or(epsilon, 1e-6),
        weightDecay,
        Check.or(clip, 1));
  }

  Optimiser optimiser() {
    return new Optimiser(betas.get(0), betas.get(1), epsilon, weightDecay, clip);
  }
}
