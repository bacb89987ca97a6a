// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.language;

import io.owlmesh.model.Fault;
import io.owlmesh.model.OwlException;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** Chooses tokens of one sequence from logits; equal seeds and logits give equal choices. */
public final class Sampler {
  private final Sampling sampling;
  private final LogitRule rule;
  private final RandomGenerator random;

  public Sampler(Sampling sampling) {
    this(sampling, LogitRule.NONE);
  }

  /**
   * @param rule applied before everything else
   */
  public Sampler(Sampling sampling, LogitRule rule) {
    this.sampling = sampling;
    this.rule = rule;
    // Named, because the JDK's default may change and with it every answer.
    this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(sampling.seed());
  }

  /**
   * Chooses the next token.
   *
   * @param logits [V]
   * @throws OwlException INTERNAL if the largest is not a number or not finite
   */
  public int choose(float[] logits) {
    return choose(logits, History.NONE);
  }

  /** As above, changing the logits by the rule and by what came before. */
  int choose(float[] logits, History history) {
    rule.apply(logits, history);
    if (sampling.looksBack()) {
      Penalties.apply(sampling, logits, history);
    }
    int best = likeliest(logits);
    if (!Float.isFinite(logits[best])) {
      throw new OwlException(Fault.INTERNAL, "", "the logits hold " + logits[best]);
    }
    return sampling.temperature() == 0 ? best : draw(logits, logits[best]);
  }

  /**
   * Chooses the next token after a segment of a step.
   *
   * @param history of its sequence
   * @throws OwlException INTERNAL if the largest logit is not a number or not finite
   */
  public int choose(StepResult result, int segment, History history) {
    if (sampling.temperature() > 0 || sampling.looksBack() || rule != LogitRule.NONE) {
      return choose(result.logits(segment, 0), history);
    }
    float largest = result.largest(segment);
    if (!Float.isFinite(largest)) {
      throw new OwlException(Fault.INTERNAL, "", "the logits hold " + largest);
    }
    return result.likeliest(segment);
  }

  /** The first of the largest; NaN counts as larger than all, so that it is noticed. */
  private static int likeliest(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      if (Float.compare(logits[i], logits[best]) > 0) {
        best = i;
      }
    }
    return best;
  }

  private int draw(float[] logits, float largest) {
    // Sorted by weight, then id: packed into one long each, for speed without boxing.
    double[] weights = new double[logits.length];
    long[] order = new long[logits.length];
    for (int i = 0; i < logits.length; i++) {
      weights[i] = Math.exp((logits[i] - largest) / sampling.temperature());
      // Weights are in (0, 1], so their bits sort like them; inverted, the largest comes first.
      int key = ~Float.floatToIntBits((float) weights[i]);
      order[i] = ((long) key << 32) | i;
    }
    Arrays.sort(order);
    int kept = sampling.topK() == 0 ? order.length : Math.min(sampling.topK(), order.length);
    double total = 0;
    for (int i = 0; i < kept; i++) {
      total += weights[(int) order[i]];
    }
    // The nucleus: as many as reach topP, with the one that crosses it.
    double limit = sampling.topP() * total;
    double nucleus = 0;
    int size = 0;
    while (size < kept && (size == 0 || nucleus < limit)) {
      nucleus += weights[(int) order[size++]];
    }
    // Weights are relative to the largest, which is one.
    while (size > 1 && weights[(int) order[size - 1]] < sampling.minP()) {
      nucleus -= weights[(int) order[--size]];
    }
    double point = random.nextDouble() * nucleus;
    for (int i = 0; i < size; i++) {
      point -= weights[(int) order[i]];
      if (point < 0) {
        return (int) order[i];
      }
    }
    return (int) order[size - 1];
  }
}
