// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.batch;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * How many calls may be in flight: one more after as many answers as there are places, half as many
 * when the mesh is full (additive increase, multiplicative decrease, as TCP does it).
 */
final class CallBudget {
  private static final long HALVE_NANOS = 1_000_000_000;

  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
  private static final Duration LONGEST_WISH = Duration.ofMinutes(2);

  private final int most;
  private double places;
  private int inFlight;
  private long halvedAt = System.nanoTime() - HALVE_NANOS;

  CallBudget(int most) {
    this.most = most;
    this.places = most;
  }

  /** Waits for a place. */
  synchronized void take() throws InterruptedException {
    while (inFlight >= (int) places) {
      wait();
    }
    inFlight++;
  }

  synchronized void giveBack(boolean answered) {
    inFlight--;
    if (answered) {
      places = Math.min(most, places + 1 / places);
    }
    notifyAll();
  }

  /** The mesh takes no more; many calls may be told so at once. */
  synchronized void refused() {
    long now = System.nanoTime();
    if (now - halvedAt >= HALVE_NANOS) {
      halvedAt = now;
      places = Math.max(1, places / 2);
    }
  }

  synchronized int places() {
    return (int) places;
  }

  /** Longer from time to time, never as long as another's, and not shorter than the mesh wishes. */
  static void pause(int attempt, Duration wished) throws InterruptedException {
    long most = Math.min(LONGEST_PAUSE.toMillis(), 250L << Math.min(attempt, 16));
    long own = most / 2 + ThreadLocalRandom.current().nextLong(most / 2 + 1);
    TimeUnit.MILLISECONDS.sleep(
        Math.max(own, Math.min(wished.toMillis(), LONGEST_WISH.toMillis())));
  }
}
