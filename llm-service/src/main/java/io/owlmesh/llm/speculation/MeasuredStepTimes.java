// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.speculation;

import java.util.Arrays;

/**
 * Medians of the last steps of each number of rows. A number that was not computed for long is tried
 * once: one measurement beside other work must not decide for good. Used by one thread.
 */
public final class MeasuredStepTimes implements StepTimes {
  private static final int SAMPLES = 5;
  // Steps after which a number of rows is tried again.
  static final int STALE = 512;

  private static final int ROWS = 1 + Speculation.MOST;

  // By number of rows.
  private final long[][] samples = new long[ROWS + 1][SAMPLES];
  private final int[] taken = new int[ROWS + 1];
  private final long[] last = new long[ROWS + 1];
  private long steps;

  @Override
  public void add(int rows, long nanos) {
    samples[rows][taken[rows]++ % SAMPLES] = nanos;
    last[rows] = ++steps;
  }

  @Override
  public boolean isKnown(int rows) {
    return taken[rows] >= SAMPLES && steps - last[rows] <= STALE;
  }

  @Override
  public double ratio(int rows) {
    return median(rows) / median(1);
  }

  private double median(int rows) {
    long[] sorted = samples[rows].clone();
    Arrays.sort(sorted);
    return sorted[SAMPLES / 2];
  }
}
