// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import java.util.concurrent.TimeUnit;

/**
 * How much a second of computing gets done, of late: sums of work and of time, both of which fade
 * with time spent computing, so that idling changes nothing. Written by one thread, read by any.
 */
public final class RecentRate {
  // Of computing, after which what was counted has faded to 1/e.
  private static final double MEMORY_NANOS = TimeUnit.SECONDS.toNanos(5);

  private double work;
  private double nanos;

  /** So much was done in so long. */
  public synchronized void add(long units, long spentNanos) {
    double left = Math.exp(-spentNanos / MEMORY_NANOS);
    work = work * left + units;
    nanos = nanos * left + spentNanos;
  }

  /** What was counted so far says nothing of what is to come. */
  public synchronized void forget() {
    work = 0;
    nanos = 0;
  }

  /** Units a second; 0 while nothing is known. */
  public synchronized double perSecond() {
    return nanos > 0 ? work / nanos * TimeUnit.SECONDS.toNanos(1) : 0;
  }
}
