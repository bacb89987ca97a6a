// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.language;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.SamplingParams;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Chooses tokens of one sequence from logits; equal seeds and logits give equal choices. */
public final class Sampler {
  // What SplittableRandom adds to its state for each number, if it is made from a seed.
  private static final long STEP = 0x9E3779B97F4A7C15L;

  private final SamplingParams sampling;
  private final LogitsProcessor rule;
  private final SplittableRandom random;

  public Sampler(SamplingParams sampling) {
    this(sampling, LogitsProcessor.NONE, 0);
  }

  /**
   * @param rule applied before everything else
   * @param drawn numbers that were drawn before: one for each id of the vocabulary and each token
   */
  public Sampler(SamplingParams sampling, LogitsProcessor rule, long drawn) {
    this.sampling = sampling;
    this.rule = rule;
    this.random = new SplittableRandom(sampling.seed() + drawn * STEP);
  }

  /**
   * Chooses the next token.
   *
   * @param logits [V]
   * @throws OwlException INTERNAL if the largest is not a number or not finite
   */
  public int choose(float[] logits) {
    return choose(logits, TokenHistory.NONE);
  }

  /** As above, changing the logits by the rule and by what came before. */
  int choose(float[] logits, TokenHistory history) {
    rule.apply(logits, history);
    Penalties.apply(sampling, logits, history);
    int best = likeliest(logits);
    if (!Float.isFinite(logits[best])) {
      throw new OwlException(Fault.INTERNAL, "", "the logits hold " + logits[best]);
    }
    return sampling.temperature() == 0 ? best : draw(logits, logits[best]);
  }

  /**
   * Chooses the next token after a position of a step.
   *
   * @param position of the segment's wanted ones, counted from 0
   * @param history of its sequence, up to that position
   * @throws OwlException INTERNAL if the largest logit is not a number or not finite
   */
  public int choose(ForwardResult result, int segment, int position, TokenHistory history) {
    if (sampling.temperature() > 0 || sampling.looksBack() || !rule.equals(LogitsProcessor.NONE)) {
      return choose(result.logits(segment, position), history);
    }
    float largest = result.largest(segment, position);
    if (!Float.isFinite(largest)) {
      throw new OwlException(Fault.INTERNAL, "", "the logits hold " + largest);
    }
    return result.likeliest(segment, position);
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

  /**
   * Draws a token by a race: the first of waiting times that are exponentially distributed, each
   * with its token's weight as rate. Unlike a point on the sum of all weights, who wins does not
   * depend on the last bit of others' logits, which differs with what else is in a batch.
   */
  private int draw(float[] logits, float largest) {
    double[] weights = new double[logits.length];
    for (int i = 0; i < logits.length; i++) {
      weights[i] = Math.exp((logits[i] - largest) / sampling.temperature());
    }
    double least = Math.max(sampling.minP(), leastWeight(weights));
    int winner = -1;
    double shortest = Double.POSITIVE_INFINITY;
    for (int i = 0; i < weights.length; i++) {
      // One number for every id, so that each has its own, whichever are left to choose from.
      double point = random.nextDouble();
      if (weights[i] >= least && weights[i] > 0) {
        double time = -Math.log1p(-point) / weights[i];
        if (time < shortest || winner < 0) {
          shortest = time;
          winner = i;
        }
      }
    }
    return winner;
  }

  /** The smallest weight that top-k and top-p leave, relative to the largest, which is one. */
  private double leastWeight(double[] weights) {
    if (sampling.topK() == 0 && sampling.topP() == 1) {
      return 0;
    }
    double[] ascending = weights.clone();
    Arrays.sort(ascending);
    int kept =
        sampling.topK() == 0 ? ascending.length : Math.min(sampling.topK(), ascending.length);
    int first = ascending.length - kept;
    double total = 0;
    for (int i = first; i < ascending.length; i++) {
      total += ascending[i];
    }
    // The nucleus: as many as reach topP, with the one that crosses it.
    double limit = sampling.topP() * total;
    double nucleus = 0;
    int next = ascending.length;
    while (next > first && (next == ascending.length || nucleus < limit)) {
      nucleus += ascending[--next];
    }
    return ascending[next];
  }
}
