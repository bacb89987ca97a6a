// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SharesTest {
  private final Shares places = new Shares(64);

  private List<Runnable> takeAll(String caller) {
    List<Runnable> taken = new ArrayList<>();
    Optional<Runnable> one = places.take(caller, 1);
    while (one.isPresent()) {
      taken.add(one.get());
      one = places.take(caller, 1);
    }
    return taken;
  }

  @Test
  void oneCallerLeavesAnEighthToTheOthers() {
    assertThat(takeAll("greedy")).hasSize(56);
    assertThat(takeAll("other")).hasSize(8);
    assertThat(places.taken()).isEqualTo(64);
  }

  @Test
  void callersOfWhomNothingIsKnownShareAll() {
    assertThat(takeAll("")).hasSize(64);
  }

  @Test
  void whatIsGivenBackCanBeTakenAgain() {
    List<Runnable> taken = takeAll("greedy");

    taken.forEach(Runnable::run);

    assertThat(places.taken()).isZero();
    assertThat(takeAll("greedy")).hasSize(56);
  }

  @Test
  void aLargeFirstRequestIsNoGreed() {
    assertThat(places.take("large", 64)).isPresent();
    assertThat(places.take("other", 1)).isEmpty();
  }
}
