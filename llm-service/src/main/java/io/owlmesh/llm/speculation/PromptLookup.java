// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.speculation;

import io.owlmesh.runtime.language.TokenHistory;
import java.util.ArrayList;
import java.util.List;

/**
 * Prompt lookup decoding, which vLLM calls {@code ngram}: text that begins like text before it goes
 * on like it. Answers that quote, list or repeat gain by it.
 */
final class PromptLookup {
  // Ids in a row that have to be the same. More than four say no more than four do; one says
  // little.
  private static final int FEWEST = 2;
  private static final int MOST = 4;

  private PromptLookup() {}

  /**
   * Proposes what followed the last ids when they came before: where most of them did, and of such
   * places at the latest.
   *
   * @param most ids to propose
   * @return ids in order; fewer where a visual position follows, none where nothing is the same
   */
  static List<Integer> propose(TokenHistory history, int most) {
    int length = history.length();
    int from = length;
    int best = FEWEST - 1;
    for (int end = length - 1; end > best && best < MOST; end--) {
      int same = same(history, end);
      if (same > best) {
        best = same;
        from = end;
      }
    }
    List<Integer> proposed = new ArrayList<>();
    for (int i = from; from < length && i - from < most; i++) {
      // What was said last may overlap what follows it: it is repeated then.
      int id = i < length ? history.id(i) : proposed.get(i - length);
      if (id < 0) {
        break;
      }
      proposed.add(id);
    }
    return proposed;
  }

  /** Ids in a row before {@code end} that are those at the end of all, visual positions never. */
  private static int same(TokenHistory history, int end) {
    int length = history.length();
    int same = 0;
    while (same < Math.min(MOST, end)
        && history.id(end - 1 - same) >= 0
        && history.id(end - 1 - same) == history.id(length - 1 - same)) {
      same++;
    }
    return same;
  }
}
