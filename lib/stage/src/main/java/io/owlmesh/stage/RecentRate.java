// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * How much a second of computing gets done, of late: sums of work and of time. Both fade with time
 * spent computing, and with the clock, so that idling changes nothing but how soon something newer
 * counts more. Written by one thread, read by any.
 */
public final class RecentRate {
  // Of computing, after which what was counted has faded to 1/e.
  private static final double MEMORY_NANOS = TimeUnit.SECONDS.toNanos(5);
  // Of the clock: what little work shows counts, too, when what was before is old.
  private static final double CLOCK_NANOS = TimeUnit.SECONDS.toNanos(20);

  private final LongSupplier clock;
  private double work;
  private double nanos;
  private long last;

  public RecentRate() {
    this(System::nanoTime);
  }

  RecentRate(LongSupplier clock) {
    this.clock = clock;
  }

  /** So much was done in so long. */
  public synchronized void add(long units, long spentNanos) {
    long now = clock.getAsLong();
    double left = Math.exp(-spentNanos / MEMORY_NANOS - (now - last) / CLOCK_NANOS);
    work = work * left + units;
    nanos = nanos * left + spentNanos;
    last = now;
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
