// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.orchestrator.mesh.CallCounts.Latency;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutlierEjectionTest {
  private static List<Latency> took(double seconds, double expected) {
    return Collections.nCopies(5, new Latency(seconds, expected));
  }

  @Test
  void aSecondMoreThanExpectedIsLate() {
    assertThat(OutlierEjection.late(List.of(took(0.03, 0.02), took(1, 0.02)))).hasValue(1);
  }

  @Test
  void aSecondStaysLateBesidePeersThatMissTheirMillisecondsManyTimes() {
    assertThat(OutlierEjection.late(List.of(took(1, 0.01), took(0.1, 0.01)))).hasValue(0);
  }

  @Test
  void whoLooksBusyByWhatItToldLongAgoIsLateAllTheSame() {
    assertThat(OutlierEjection.late(List.of(took(0.7, 0.25), took(0.04, 0.02)))).hasValue(0);
  }

  @Test
  void aLongQueueThatWasForetoldIsNotLate() {
    assertThat(OutlierEjection.late(List.of(took(10, 9), took(0.03, 0.02)))).isEmpty();
  }

  @Test
  void nobodyIsLateWhereAllAre() {
    assertThat(OutlierEjection.late(List.of(took(1.5, 0.1), took(1.2, 0.1), took(1.3, 0.1))))
        .isEmpty();
  }

  @Test
  void whoTellsNothingIsMeasuredByTheWork() {
    assertThat(OutlierEjection.slow(List.of(took(1, 100), took(0.2, 100)))).hasValue(0);
    assertThat(OutlierEjection.slow(List.of(took(1, 500), took(0.2, 100)))).isEmpty();
  }

  @Test
  void shortTimesSayNothing() {
    assertThat(OutlierEjection.late(List.of(took(0.2, 0.01), took(0.02, 0.02)))).isEmpty();
  }

  @Test
  void someLateResultsAmongTheLatestSayNothing() {
    CallCounts cold = new CallCounts();
    CallCounts peer = new CallCounts();
    for (int i = 0; i < 4; i++) {
      cold.responded(2, 0.02);
    }
    assertThat(cold.expected()).isEmpty();
    cold.responded(0.03, 0.02);
    for (int i = 0; i < 5; i++) {
      peer.responded(0.03, 0.02);
    }
    assertThat(OutlierEjection.late(List.of(cold.expected(), peer.expected()))).isEmpty();
    for (int i = 0; i < 5; i++) {
      cold.responded(2, 0.02);
    }
    assertThat(OutlierEjection.late(List.of(cold.expected(), peer.expected()))).hasValue(0);
  }
}
