// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.language;

/** Log-likelihoods of tokens, for evaluation and multiple choice. */
public final class Scoring {
  private Scoring() {}

  /**
   * The natural logarithm of a token's probability.
   *
   * @param logits [V]
   */
  public static double logLikelihood(float[] logits, int id) {
    return logits[id] - logSumExp(logits);
  }

  private static double logSumExp(float[] logits) {
    float largest = Float.NEGATIVE_INFINITY;
    for (float logit : logits) {
      largest = Math.max(largest, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - largest);
    }
    return largest + Math.log(sum);
  }
}
