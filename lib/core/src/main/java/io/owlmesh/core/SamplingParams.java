// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.core;

/**
 * How the next token is chosen of those that may come. Applied in this order: penalties, forbidden
 * repetitions, temperature, top-k, top-p, min-p.
 *
 * @param temperature logits are divided by it; 0 takes the likeliest token
 * @param topK choose among so many likeliest tokens; 0 for all
 * @param topP choose among the likeliest tokens that together reach this probability; 1 for all
 * @param minP choose among tokens at least this often as probable as the likeliest; 0 for all
 * @param repetition logits of ids that prompt or answer have are divided by it if positive, else
 *     multiplied; 1 for none (Keskar et al., CTRL, 2019)
 * @param presence taken from the logits of ids that the answer has
 * @param frequency taken from the logits of ids as often as the answer has them
 * @param noRepeat no run of so many ids comes twice in prompt and answer, unless a constraint
 *     leaves nothing else; 0 for no rule
 * @param seed of the random numbers
 */
public record SamplingParams(
    double temperature,
    int topK,
    double topP,
    double minP,
    double repetition,
    double presence,
    double frequency,
    int noRepeat,
    long seed) {
  /** Always the likeliest token. */
  public static final SamplingParams GREEDY = new SamplingParams(0, 0, 1, 0);

  public SamplingParams {
    require(temperature >= 0 && temperature <= 10, "temperature", temperature, "0 to 10");
    require(topK >= 0, "top_k", topK, "at least 0");
    require(topP > 0 && topP <= 1, "top_p", topP, "above 0, at most 1");
    require(minP >= 0 && minP <= 1, "min_p", minP, "0 to 1");
    require(
        repetition >= 0.01 && repetition <= 100, "repetition_penalty", repetition, "0.01 to 100");
    require(presence >= -2 && presence <= 2, "presence_penalty", presence, "-2 to 2");
    require(frequency >= -2 && frequency <= 2, "frequency_penalty", frequency, "-2 to 2");
    require(noRepeat >= 0 && noRepeat <= 64, "no_repeat_ngram", noRepeat, "0 to 64");
  }

  /** Without penalties. */
  public SamplingParams(double temperature, int topK, double topP, long seed) {
    this(temperature, topK, topP, 0, 1, 0, 0, 0, seed);
  }

  /** The same with other random numbers. */
  public SamplingParams withSeed(long other) {
    return new SamplingParams(
        temperature, topK, topP, minP, repetition, presence, frequency, noRepeat, other);
  }

  /** Whether logits are changed by what came before. */
  public boolean looksBack() {
    return repetition != 1 || presence != 0 || frequency != 0 || noRepeat > 0;
  }

  // NaN fails every comparison, and so is refused too.
  private static void require(boolean valid, String field, Number value, String allowed) {
    if (!valid) {
      throw OwlException.badInput(field, value + ", allowed is " + allowed);
    }
  }
}
