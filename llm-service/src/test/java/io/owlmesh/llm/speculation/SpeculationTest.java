// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.speculation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.core.OwlException;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SpeculationTest {
  private static final SaidIds CYCLE = SaidIds.of(1, 2, 3, 1, 2, 3);

  private static AcceptanceRate rate(int right, int wrong) {
    AcceptanceRate rate = new AcceptanceRate();
    for (int i = 0; i < right; i++) {
      rate.add(true);
    }
    for (int i = 0; i < wrong; i++) {
      rate.add(false);
    }
    return rate;
  }

  /** Each row after the first one takes a share of its time. */
  private static StepTimes rows(double share) {
    return new KnownStepTimes(rows -> 1 + share * (rows - 1));
  }

  @ParameterizedTest
  @CsvSource({
    // With little to pay for a row, as many as there are, even for an answer that is seldom right.
    "0.01, 50, 0, 7",
    "0.01, 0, 3, 3",
    // Rows that take half of the first: as many as are likely to be right.
    "0.5, 50, 0, 7",
    "0.5, 8, 1, 1",
    "0.5, 0, 3, 0",
    // A row that takes as long as the first gains nothing.
    "1, 1000, 0, 0",
  })
  void asManyAreComputedAsGainMost(double share, int right, int wrong, int computed) {
    DraftTokens draft = new Speculation(7, rows(share)).draft(CYCLE, rate(right, wrong), 7);

    assertThat(draft.computed()).isEqualTo(computed);
    assertThat(draft.proposed()).containsExactly(1, 2, 3, 1, 2, 3, 1);
    assertThat(draft.ids()).isEqualTo(draft.proposed().subList(0, computed));
  }

  @Test
  void noMoreAreProposedThanThereIsRoomFor() {
    Speculation speculation = new Speculation(7, rows(0));

    assertThat(speculation.draft(CYCLE, rate(9, 0), 4).ids()).containsExactly(1, 2, 3);
    assertThat(speculation.draft(CYCLE, rate(9, 0), 0)).isEqualTo(DraftTokens.NONE);
    assertThat(new Speculation(0, rows(0)).draft(CYCLE, rate(9, 0), 4)).isEqualTo(DraftTokens.NONE);
    assertThat(new Speculation(2, rows(0)).draft(CYCLE, rate(9, 0), 4).ids()).containsExactly(1);
  }

  @Test
  void numbersOfRowsAreTriedOneAfterTheOther() {
    Set<Integer> known = new HashSet<>();
    StepTimes times =
        new StepTimes() {
          @Override
          public void add(int rows, long nanos) {
            known.add(rows);
          }

          @Override
          public boolean isKnown(int rows) {
            return known.contains(rows);
          }

          @Override
          public double ratio(int rows) {
            return rows <= 4 ? 1 : 10;
          }
        };
    Speculation speculation = new Speculation(7, times);
    for (int computed : new int[] {0, 1, 3, 7, 3, 3}) {
      DraftTokens draft = speculation.draft(CYCLE, rate(9, 0), 7);
      assertThat(draft.computed()).isEqualTo(computed);
      speculation.computed(draft, 1);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 8})
  void aNumberOutOfRangeIsRefusedByName(int most) {
    assertThatThrownBy(() -> new Speculation(most, rows(1)))
        .isInstanceOf(OwlException.class)
        .hasMessageContaining("OWL_NUM_SPECULATIVE_TOKENS")
        .hasMessageContaining("0 to 7");
  }

  @Test
  void timesAreTheLeastOfLateAndAreMeasuredAgainWhenTheyAreOld() {
    MeasuredStepTimes times = new MeasuredStepTimes();
    long[] two = {16, 15, 900, 17, 16};
    for (long nanos : two) {
      assertThat(times.isKnown(2)).isFalse();
      times.add(1, 10);
      times.add(2, nanos);
    }

    assertThat(times.ratio(2)).isEqualTo(1.5);
    assertThat(times.isKnown(2)).isTrue();
    for (int i = 0; i <= MeasuredStepTimes.STALE; i++) {
      times.add(1, 10);
    }
    assertThat(times.isKnown(2)).isFalse();
    for (int i = 0; i < 16; i++) {
      times.add(2, 30);
    }
    assertThat(times.isKnown(2)).isTrue();
    assertThat(times.ratio(2)).isEqualTo(3);
  }
}
