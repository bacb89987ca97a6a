// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.core.OwlException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PrefillPaceTest {
  private static final int STEPS = 50;

  /** A step of this machine: 50 for the weights, 1 for each position that is read. */
  private static long nanos(int read) {
    return 50L + read;
  }

  private static PrefillPace taught(double slowdown) {
    PrefillPace pace = new PrefillPace(slowdown);
    for (int i = 0; i < STEPS; i++) {
      pace.add(1, 0, nanos(0));
      pace.add(0, 200, nanos(200));
    }
    return pace;
  }

  @Test
  void aStepThatReadsTakesAsManyTimesAsLongAsIsAllowed() {
    assertThat(nanos(taught(2).most(1))).isBetween(98L, 102L);
    assertThat(nanos(taught(3).most(1))).isBetween(147L, 153L);
  }

  @Test
  void moreAnswersThanWereSeenAreTakenForThoseThatWere() {
    assertThat(taught(2).most(8)).isEqualTo(taught(2).most(1));
  }

  @Test
  void itFollowsAMachineThatBecomesSlowerAtReading() {
    PrefillPace pace = taught(2);
    for (int i = 0; i < STEPS; i++) {
      pace.add(1, pace.most(1), 50 + 2L * pace.most(1));
    }
    assertThat(50 + 2 * pace.most(1)).isBetween(96, 104);
  }

  @Test
  void aPromptIsReadHoweverSlowly() {
    PrefillPace pace = new PrefillPace(1);
    pace.add(1, 0, 50);
    pace.add(1, 16, 1_000_000);
    assertThat(pace.most(1)).isEqualTo(BlockManager.SIZE);
  }

  @Test
  void nothingIsBoundWithoutAnswersWithoutKnowledgeOrWithoutALimit() {
    assertThat(taught(2).most(0)).isEqualTo(Integer.MAX_VALUE);
    assertThat(new PrefillPace(2).most(1)).isEqualTo(Integer.MAX_VALUE);
    assertThat(taught(0).most(1)).isEqualTo(Integer.MAX_VALUE);
  }

  @ParameterizedTest
  @ValueSource(doubles = {-1, 0.5, 1001, Double.NaN, Double.POSITIVE_INFINITY})
  void otherLimitsAreRefused(double slowdown) {
    assertThatThrownBy(() -> new PrefillPace(slowdown))
        .isInstanceOf(OwlException.class)
        .hasMessageContaining("OWL_DECODE_SLOWDOWN");
  }
}
