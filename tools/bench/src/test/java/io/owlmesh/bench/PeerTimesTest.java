// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PeerTimesTest {
  @Test
  void tokensAreCountedWhileAllAnswersAreWritten() {
    PeerTimes times =
        new PeerTimes(
            100, List.of(List.of(10.0, 20.0, 30.0, 40.0), List.of(20.0, 30.0, 40.0, 50.0)));
    // From 20 to 40 ms: two of each.
    assertThat(times.decoding()).isEqualTo(200);
    assertThat(times.reading()).isEqualTo(10_000);
  }

  @Test
  void theRatioIsThatOfTheMedians() {
    PeerRow row = PeerRow.of("x", List.of(4.0, 2.0, 9.0), List.of(1.0, 3.0));
    assertThat(row.ratio()).isEqualTo(2);
    assertThat(row.here()).containsExactly(2.0, 4.0, 9.0);
  }
}
