// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.language;

/** Log-likelihoods of continuations, for evaluation and multiple choice. */
public final class Scoring {
  private Scoring() {}

  /**
   * How likely a continuation is.
   *
   * @param logLikelihood sum of natural logarithms of its tokens' probabilities
   * @param tokens it has
   * @param greedy whether each was the likeliest at its place
   */
  public record Score(double logLikelihood, int tokens, boolean greedy) {}

  /**
   * Scores a continuation.
   *
   * @param sequence empty, with room for prompt and continuation
   * @param whole prompt and continuation together
   * @param ids of the continuation
   */
  public static Score of(Sequence sequence, Embeddings whole, int[] ids) {
    int prompt = whole.length() - ids.length;
    float[] logits = {};
    for (int from = 0; from < prompt; from += Generation.PIECE) {
      logits = sequence.append(whole, from, Math.min(from + Generation.PIECE, prompt));
    }
    double sum = 0;
    boolean greedy = true;
    for (int i = 0; i < ids.length; i++) {
      sum += logits[ids[i]] - logSumExp(logits);
      greedy &= isLargest(logits, ids[i]);
      if (i + 1 < ids.length) {
        logits = sequence.append(ids[i]);
      }
    }
    return new Score(sum, ids.length, greedy);
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

  private static boolean isLargest(float[] logits, int id) {
    for (float logit : logits) {
      if (logit > logits[id]) {
        return false;
      }
    }
    return true;
  }
}
