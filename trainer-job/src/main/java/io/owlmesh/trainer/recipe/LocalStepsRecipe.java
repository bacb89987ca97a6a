// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.recipe;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * That workers take steps of their own and bring their weights together now and then (DiLoCo:
 * Douillard et al. 2023, arXiv:2311.08105). What is learnt is another thing than what one process
 * learns, and depends on the number of workers.
 *
 * @param workers that learn, no more and no fewer
 * @param every steps between two exchanges
 * @param rate of the outer optimizer, SGD with Nesterov's momentum
 * @param momentum of the outer optimizer
 */
public record LocalStepsRecipe(int workers, long every, double rate, double momentum) {
  public LocalStepsRecipe {
    Check.range("stages.local_steps.workers", workers, 1, 1_024);
    Check.range("stages.local_steps.every", (double) every, 1, 1_000_000);
    Check.range("stages.local_steps.rate", rate, 1e-6, 10);
    Check.range("stages.local_steps.momentum", momentum, 0, 0.999999);
  }

  @JsonCreator
  static LocalStepsRecipe read(
      @JsonProperty("workers") @Nullable Integer workers,
      @JsonProperty("every") @Nullable Long every,
      @JsonProperty("rate") @Nullable Double rate,
      @JsonProperty("momentum") @Nullable Double momentum) {
    return new LocalStepsRecipe(
        Check.given("stages.local_steps.workers", workers),
        Check.or(every, 100),
        Check.or(rate, 0.7),
        Check.or(momentum, 0.9));
  }
}
