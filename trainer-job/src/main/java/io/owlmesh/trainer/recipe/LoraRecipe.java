// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.recipe;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.owlmesh.trainer.training.Lora;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/** As {@link Lora}, with the authors' values where nothing is said. */
public record LoraRecipe(int r, double alpha, double dropout, String targets) {
  public LoraRecipe {
    Check.range("stages.lora.r", r, 1, 4096);
    Check.range("stages.lora.alpha", alpha, 1e-6, 1e6);
    Check.range("stages.lora.dropout", dropout, 0, 0.99);
    pattern(targets);
  }

  @JsonCreator
  static LoraRecipe read(
      @JsonProperty("r") @Nullable Integer r,
      @JsonProperty("alpha") @Nullable Double alpha,
      @JsonProperty("dropout") double dropout,
      @JsonProperty("targets") @Nullable String targets) {
    int rank = Check.or(r, 8);
    return new LoraRecipe(
        rank,
        Check.or(alpha, 4.0 * rank),
        dropout,
        targets == null ? ".*language_model.*\\.(q_proj|v_proj)" : targets);
  }

  private static Pattern pattern(String targets) {
    try {
      return Pattern.compile(targets);
    } catch (PatternSyntaxException e) {
      Check.that(false, "stages.lora.targets", e.getDescription());
      throw e;
    }
  }

  Lora lora() {
    return new Lora(r, alpha, dropout, pattern(targets));
  }
}
