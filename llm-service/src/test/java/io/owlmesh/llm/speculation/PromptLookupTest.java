// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.speculation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PromptLookupTest {
  private static final int VISUAL = -1;

  @Test
  void whatFollowedTheSameIdsBeforeIsProposed() {
    assertThat(PromptLookup.propose(SaidIds.of(1, 2, 3, 4, 5, 9, 1, 2), 3))
        .containsExactly(3, 4, 5);
  }

  @Test
  void oneIdThatCameBeforeSaysNothing() {
    assertThat(PromptLookup.propose(SaidIds.of(1, 2, 3, 9, 2), 3)).isEmpty();
    assertThat(PromptLookup.propose(SaidIds.of(), 3)).isEmpty();
    assertThat(PromptLookup.propose(SaidIds.of(1), 3)).isEmpty();
  }

  @Test
  void theLongestMatchCountsAndOfEqualOnesTheLatest() {
    // Three ids in a row at the beginning, two later.
    assertThat(PromptLookup.propose(SaidIds.of(7, 1, 2, 30, 8, 1, 2, 40, 7, 1, 2), 1))
        .containsExactly(30);
    assertThat(PromptLookup.propose(SaidIds.of(1, 2, 30, 1, 2, 40, 1, 2), 1)).containsExactly(40);
    // More than four in a row count as four.
    assertThat(
            PromptLookup.propose(
                SaidIds.of(9, 1, 2, 3, 4, 30, 8, 1, 2, 3, 4, 40, 9, 1, 2, 3, 4), 1))
        .containsExactly(40);
  }

  @Test
  void aCycleIsProposedForAsLongAsIsAsked() {
    assertThat(PromptLookup.propose(SaidIds.of(1, 2, 3, 1, 2, 3, 1, 2), 7))
        .containsExactly(3, 1, 2, 3, 1, 2, 3);
    assertThat(PromptLookup.propose(SaidIds.of(5, 5, 5), 4)).containsExactly(5, 5, 5, 5);
  }

  @Test
  void visualPositionsAreNeitherComparedNorProposed() {
    assertThat(PromptLookup.propose(SaidIds.of(VISUAL, VISUAL, 3, VISUAL, VISUAL), 3)).isEmpty();
    assertThat(PromptLookup.propose(SaidIds.of(1, 2, 3, VISUAL, 4, 1, 2), 3)).containsExactly(3);
  }

  @Test
  void aLongHistoryIsSearchedToItsBeginning() {
    int[] ids = IntStream.range(0, 4_000).toArray();
    ids[3_998] = 10;
    ids[3_999] = 11;

    assertThat(PromptLookup.propose(SaidIds.of(ids), 2)).containsExactly(12, 13);
  }
}
