// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.speculation;

import java.util.Arrays;

/**
 * The least time of the last steps of each number of rows: what else the machine does only adds to
 * it. A number that was not computed for long is tried once more. Used by one thread.
 */
public final class MeasuredStepTimes implements StepTimes {
  // Steps that are remembered, and after which a number of rows is known.
  private static final int SAMPLES = 16;
  private static final int ENOUGH = 5;
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
    return taken[rows] >= ENOUGH && steps - last[rows] <= STALE;
  }

  @Override
  public double ratio(int rows) {
    return (double) least(rows) / least(1);
  }

  private long least(int rows) {
    return Arrays.stream(samples[rows]).limit(taken[rows]).min().orElseThrow();
  }
}
