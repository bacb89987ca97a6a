// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.speculation;

import io.owlmesh.core.OwlException;
import io.owlmesh.runtime.language.TokenHistory;
import java.util.List;

/**
 * Proposes ids for an answer that is alone in its step, and decides how many of them are worth
 * computing. Used by one thread.
 */
public final class Speculation {
  /** Ids that are computed beside the newest one at most. */
  static final int MOST = 7;

  // With the newest id these are 2, 4 and 8 rows: products are computed in groups of four.
  private static final int[] LENGTHS = {1, 3, 7};
  // Below it, a gain is not told from what times of steps vary by.
  private static final double LEAST_GAIN = 1.05;

  private final int most;
  private final StepTimes times;

  /**
   * @param most ids to compute beside the newest one; 0: nothing is ever proposed
   * @throws OwlException BAD_INPUT if that is below 0 or above 7
   */
  public Speculation(int most, StepTimes times) {
    if (most < 0 || most > MOST) {
      throw OwlException.badInput(
          "OWL_NUM_SPECULATIVE_TOKENS", "%d, allowed is 0 to %d".formatted(most, MOST));
    }
    this.most = most;
    this.times = times;
  }

  /**
   * Proposes ids for a sequence.
   *
   * @param rate of the sequence
   * @param room ids that may be computed beside the newest one
   */
  public DraftTokens draft(TokenHistory history, AcceptanceRate rate, int room) {
    if (most == 0 || room < 1) {
      return DraftTokens.NONE;
    }
    List<Integer> proposed = PromptLookup.propose(history, Math.min(most, room));
    return new DraftTokens(proposed, worth(rate.mean(), proposed.size()));
  }

  /**
   * How many of so many ids gain most, 0 if none gains anything. A number of rows that nothing is
   * known of is tried when the one before it is known, as if it took no longer.
   */
  private int worth(double rate, int proposed) {
    int best = 0;
    double most = LEAST_GAIN;
    double time = 1;
    boolean known = times.isKnown(1);
    for (int i = 0; known && i < LENGTHS.length && LENGTHS[i] <= proposed; i++) {
      int rows = LENGTHS[i] + 1;
      known = times.isKnown(rows);
      time = known ? times.ratio(rows) : time;
      double gain = expected(rate, LENGTHS[i]) / time;
      if (gain > most) {
        most = gain;
        best = LENGTHS[i];
      }
    }
    return best;
  }

  /**
   * Tokens that a step is expected to give: one, and each proposed id if all before it are right,
   * {@code 1 + p + p^2 + ...} (Leviathan et al., 2023).
   */
  private static double expected(double rate, int length) {
    double tokens = 1;
    double right = 1;
    for (int i = 0; i < length; i++) {
      right *= rate;
      tokens += right;
    }
    return tokens;
  }

  /** A step of one sequence was computed, of its newest id and those of a draft. */
  public void computed(DraftTokens draft, long nanos) {
    times.add(1 + draft.computed(), nanos);
  }
}
