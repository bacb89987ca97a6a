// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.batch;

/**
 * How many calls may be in flight: one more after as many answers as there are places, half as many
 * when the mesh is full (additive increase, multiplicative decrease, as TCP does it).
 */
final class CallBudget {
  private static final long HALVE_NANOS = 1_000_000_000;

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
}
