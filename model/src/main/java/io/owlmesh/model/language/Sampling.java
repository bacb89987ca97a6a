// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.language;

import io.owlmesh.model.OwlException;

/**
 * How the next token is chosen. Applied in this order: temperature, top-k, top-p.
 *
 * @param temperature logits are divided by it; 0 takes the likeliest token
 * @param topK choose among so many likeliest tokens; 0 for all
 * @param topP choose among the likeliest tokens that together reach this probability; 1 for all
 * @param seed of the random numbers
 */
public record Sampling(double temperature, int topK, double topP, long seed) {
  /** Always the likeliest token. */
  public static final Sampling GREEDY = new Sampling(0, 0, 1, 0);

  public Sampling {
    require(temperature >= 0 && temperature <= 10, "temperature", temperature, "0 to 10");
    require(topK >= 0, "top_k", topK, "at least 0");
    require(topP > 0 && topP <= 1, "top_p", topP, "above 0, at most 1");
  }

  // NaN fails every comparison, and so is refused too.
  private static void require(boolean valid, String field, Number value, String allowed) {
    if (!valid) {
      throw OwlException.badInput(field, value + ", allowed is " + allowed);
    }
  }
}
