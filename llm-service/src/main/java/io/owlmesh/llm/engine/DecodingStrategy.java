// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import io.owlmesh.core.OwlException;
import io.owlmesh.runtime.language.LogitsProcessor;
import java.util.List;

/** How the answers of one request come about. */
public sealed interface DecodingStrategy {
  /** Answers that there will be. */
  int answers();

  /** Sequences that are written at a time, at most. */
  int sequences();

  /**
   * Answers that know nothing of each other.
   *
   * @param choosers one for each
   */
  record Samples(List<TokenSampler> choosers) implements DecodingStrategy {
    public Samples {
      choosers = List.copyOf(choosers);
    }

    @Override
    public int answers() {
      return choosers.size();
    }

    @Override
    public int sequences() {
      return choosers.size();
    }
  }

  /**
   * Beam search: the beams that are likeliest as a whole go on. An ended one is ranked by the
   * logarithm of its probability, divided by its length to the power of {@code lengthPenalty}.
   *
   * @param answers the best of those found, at most {@code beams}
   * @param early end as soon as {@code beams} have ended; if not, when no other can become better
   *     than the worst of them, as far as the likeliest one's length now tells
   * @param rule what is done to log probabilities before beams are ranked
   */
  record Beams(int beams, int answers, double lengthPenalty, boolean early, LogitsProcessor rule)
      implements DecodingStrategy {
    private static final double MAX_PENALTY = 10;

    public Beams {
      // NaN fails every comparison, and so is refused too.
      if (!(Math.abs(lengthPenalty) <= MAX_PENALTY)) {
        throw OwlException.badInput(
            "length_penalty",
            lengthPenalty + ", allowed is -" + MAX_PENALTY + " to " + MAX_PENALTY);
      }
      if (answers > beams) {
        throw OwlException.badInput("n", answers + ", but there are " + beams + " beams");
      }
    }

    @Override
    public int sequences() {
      return beams;
    }
  }
}
