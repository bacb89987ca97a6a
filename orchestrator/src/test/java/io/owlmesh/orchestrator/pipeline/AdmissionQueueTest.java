// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class AdmissionQueueTest {
  private static final Duration LONG = Duration.ofHours(1);

  private final List<String> granted = new ArrayList<>();
  private final Map<String, Runnable> places = new HashMap<>();
  private final Map<String, OwlException> refused = new HashMap<>();

  private Runnable enter(AdmissionQueue queue, String name, String caller, int priority) {
    return queue.enter(
        caller,
        priority,
        LONG,
        place -> {
          granted.add(name);
          places.put(name, place);
        },
        why -> refused.put(name, why));
  }

  private void leave(String name) {
    Objects.requireNonNull(places.remove(name)).run();
  }

  @Test
  void whoFindsNoPlaceWaitsForOne() {
    AdmissionQueue queue = new AdmissionQueue(1, 8);
    enter(queue, "first", "a", 0);
    enter(queue, "second", "a", 0);
    assertThat(granted).containsExactly("first");
    assertThat(queue.waiting()).isEqualTo(1);

    leave("first");

    assertThat(granted).containsExactly("first", "second");
    assertThat(queue.waiting()).isZero();
    assertThat(queue.running()).isEqualTo(1);
  }

  @Test
  void higherPrioritiesGoFirstAndEqualOnesInOrder() {
    AdmissionQueue queue = new AdmissionQueue(1, 8);
    enter(queue, "first", "", 0);
    enter(queue, "low", "", -1);
    enter(queue, "usual", "", 0);
    enter(queue, "usual too", "", 0);
    enter(queue, "high", "", 1);

    List.of("first", "high", "usual", "usual too").forEach(this::leave);

    assertThat(granted).containsExactly("first", "high", "usual", "usual too", "low");
  }

  @Test
  void whoHasFewerPlacesGoesFirst() {
    AdmissionQueue queue = new AdmissionQueue(3, 8);
    enter(queue, "a1", "a", 0);
    enter(queue, "a2", "a", 0);
    enter(queue, "c1", "c", 0);
    enter(queue, "a3", "a", 0);
    enter(queue, "b1", "b", 0);

    leave("c1");

    assertThat(granted).containsExactly("a1", "a2", "c1", "b1");
  }

  @Test
  void whoGivesUpDoesNotGetAPlace() {
    AdmissionQueue queue = new AdmissionQueue(1, 8);
    enter(queue, "first", "", 0);
    Runnable giveUp = enter(queue, "second", "", 0);

    giveUp.run();
    leave("first");

    assertThat(granted).containsExactly("first");
    assertThat(queue.running()).isZero();
  }

  @Test
  void whenTooManyWaitTheNewestOfTheLowestPriorityIsRefused() {
    AdmissionQueue queue = new AdmissionQueue(1, 2);
    enter(queue, "first", "", 0);
    enter(queue, "old", "", 0);
    enter(queue, "new", "", 0);

    enter(queue, "high", "", 1);

    assertThat(refused).containsOnlyKeys("new");
    assertThatThrownBy(() -> enter(queue, "another", "", 0))
        .isInstanceOfSatisfying(
            OwlException.class,
            full -> {
              assertThat(full.fault()).isEqualTo(Fault.SATURATED);
              assertThat(full.retryAfter()).isPresent();
            });
    assertThat(queue.waiting()).isEqualTo(2);
  }

  @Test
  void aCallerOfWhomManyWaitDoesNotKeepOthersOut() {
    AdmissionQueue queue = new AdmissionQueue(1, 3);
    enter(queue, "first", "a", 0);
    enter(queue, "second", "a", 0);
    enter(queue, "third", "a", 0);
    enter(queue, "fourth", "a", 0);

    enter(queue, "other", "b", 0);

    assertThat(refused).containsOnlyKeys("fourth");
    leave("first");
    assertThat(granted).containsExactly("first", "other");
  }

  @Test
  void howLongOneWaitsFollowsFromTurnsAndNotFromHowManyOfOneCallerWait() throws Exception {
    AdmissionQueue queue = new AdmissionQueue(1, 100);
    enter(queue, "first", "a", 0);
    TimeUnit.MILLISECONDS.sleep(100); // So long answers take.
    for (int i = 0; i < 50; i++) {
      enter(queue, "a" + i, "a", 0);
    }
    leave("first");

    Duration soon = queue.expectedWait().dividedBy(2);
    assertThatThrownBy(() -> queue.enter("a", 0, soon, _ -> {}, _ -> {}))
        .hasMessageContaining("would pass before this one begins");
    queue.enter("b", 0, soon, _ -> granted.add("b"), _ -> {});
    leave("a0");

    assertThat(granted).containsExactly("first", "a0", "b");
  }

  @Test
  void whoCouldNotBeInTimeIsRefusedAtOnce() throws Exception {
    AdmissionQueue queue = new AdmissionQueue(1, 8);
    enter(queue, "first", "", 0);
    TimeUnit.MILLISECONDS.sleep(100); // So long answers take.
    leave("first");
    enter(queue, "second", "", 0);

    assertThatThrownBy(() -> queue.enter("", 0, Duration.ofMillis(20), _ -> {}, _ -> {}))
        .isInstanceOf(OwlException.class)
        .hasMessageContaining("would pass before this one begins");
    assertThat(queue.waiting()).isZero();
  }
}
