// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RoundScaleTest {
  @Test
  void linesAreRoundAndHaveRoomForAllValues() {
    RoundScale scale = RoundScale.of(0, 37, 4);

    assertThat(scale.lines()).containsExactly(0.0, 10.0, 20.0, 30.0, 40.0);
    assertThat(scale.share(20)).isEqualTo(0.5);
    assertThat(scale.label(20)).isEqualTo("20");
  }

  @Test
  void labelsHaveTheDigitsThatDiffer() {
    assertThat(RoundScale.of(0.1, 0.13, 4).label(0.11)).isEqualTo("0.11");
    assertThat(RoundScale.of(0, 90_000, 4).label(50_000)).isEqualTo("50,000");
  }

  @Test
  void oneValueHasAScaleToo() {
    RoundScale scale = RoundScale.of(3, 3, 4);

    assertThat(scale.lines()).containsExactly(3.0, 4.0);
    assertThat(RoundScale.of(0, 0, 4).share(0)).isZero();
  }
}
