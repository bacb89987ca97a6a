// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import io.owlmesh.launcher.SupervisorRecord.Restarts;
import io.owlmesh.launcher.SupervisorRecord.State;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A service, and what became of it. */
final class WatchedService {
  final ServicePlan plan;
  State state = State.RUNNING;
  int restarts;
  int deaths;
  Instant due = Instant.EPOCH;
  private @Nullable Process child;
  private String lastEnd = "";
  private Instant begin = Instant.now();

  /** Whether it was asked to end. */
  boolean ending;

  /**
   * @param child its process, if that is a child of this one
   */
  WatchedService(ServicePlan plan, @Nullable Process child) {
    this.plan = plan;
    this.child = child;
  }

  /** One that never ran, to be started at once. */
  static WatchedService added(ServicePlan plan) {
    WatchedService one = new WatchedService(plan, null);
    one.state = State.WAITING;
    one.restarts = -1;
    return one;
  }

  String name() {
    return plan.name();
  }

  Restarts told() {
    return new Restarts(state, Math.max(0, restarts), deaths, lastEnd, due.toEpochMilli());
  }

  Duration age() {
    return Duration.between(begin, Instant.now());
  }

  boolean isDue() {
    return !Instant.now().isBefore(due);
  }

  void began(Process process) {
    child = process;
    begin = Instant.now();
    restarts++;
    state = State.STARTING;
  }

  /** It ended; how, the system tells of children alone. */
  String ended() {
    deaths++;
    lastEnd =
        Optional.ofNullable(child)
            .map(process -> "ended with exit code %d".formatted(exitCode(process)))
            .orElse("ended");
    return lastEnd;
  }

  String failedToStart(Exception failed) {
    deaths++;
    lastEnd = "could not be started: " + failed.getMessage();
    return lastEnd;
  }

  private static int exitCode(Process ended) {
    try {
      return ended.waitFor();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return -1;
    }
  }

  /** Somebody mended what kept it from running, or thinks so. */
  void forgive() {
    if (state == State.WAITING || state == State.GIVEN_UP) {
      state = State.WAITING;
      deaths = 0;
      due = Instant.now();
    }
  }

  /** It gets no more work from now on, and is asked to end after a while. */
  void leave(Duration wait) {
    state = State.LEAVING;
    due = Instant.now().plus(wait);
  }
}
