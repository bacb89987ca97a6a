// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.language;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.pytorch.engine.PtNDManager;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a step computed. Likeliest ids are there already; whole logits are fetched when asked for.
 */
public final class ForwardResult implements AutoCloseable {
  private final @Nullable PtNDManager scope;
  private final Rows logits;
  private final float[] largest;
  private final long[] likeliest;
  private final int[] rows;
  private final long nanos;

  /** Logits [K, V], on the device or here. */
  private interface Rows {
    float[] row(int row);

    float[] all();
  }

  private record DeviceRows(NDArray logits) implements Rows {
    @Override
    public float[] row(int row) {
      try (NDArray one = logits.get(new NDIndex(row))) {
        return one.toFloatArray();
      }
    }

    @Override
    public float[] all() {
      return logits.toFloatArray();
    }
  }

  private static final class HostRows implements Rows {
    private final float[] logits;
    private final int vocabulary;

    HostRows(float[] logits, int vocabulary) {
      this.logits = logits;
      this.vocabulary = vocabulary;
    }

    @Override
    public float[] row(int row) {
      return Arrays.copyOfRange(logits, row * vocabulary, (row + 1) * vocabulary);
    }

    @Override
    public float[] all() {
      return logits.clone();
    }

    /** The first of the largest, or of those that are not numbers. */
    int likeliest(int row) {
      int best = row * vocabulary;
      for (int i = best; i < (row + 1) * vocabulary; i++) {
        if (Float.compare(logits[i], logits[best]) > 0) {
          best = i;
        }
      }
      return best - row * vocabulary;
    }
  }

  /**
   * @param rows first row of logits of each segment
   * @param nanos in native code
   */
  ForwardResult(PtNDManager scope, List<NDArray> results, int[] rows, long nanos) {
    this.scope = scope;
    this.logits = new DeviceRows(results.get(0));
    this.largest = results.get(1).toFloatArray();
    this.likeliest = results.get(2).toLongArray();
    this.rows = rows;
    this.nanos = nanos;
  }

  /**
   * As above, of logits that are here.
   *
   * @param all [K, V]
   * @param nanos that computing them took
   */
  ForwardResult(float[] all, int vocabulary, int[] rows, long nanos) {
    HostRows here = new HostRows(all, vocabulary);
    int count = all.length / vocabulary;
    this.scope = null;
    this.logits = here;
    this.largest = new float[count];
    this.likeliest = new long[count];
    for (int r = 0; r < count; r++) {
      likeliest[r] = here.likeliest(r);
      largest[r] = all[r * vocabulary + (int) likeliest[r]];
    }
    this.rows = rows;
    this.nanos = nanos;
  }

  /** Time in native code, or in what computes a step in its place. */
  public long nanos() {
    return nanos;
  }

  /** The likeliest next id after a wanted position of a segment, counted from 0. */
  public int likeliest(int segment, int position) {
    return (int) likeliest[rows[segment] + position];
  }

  /** Its logit; not a number if any logit of the row is none. */
  public float largest(int segment, int position) {
    return largest[rows[segment] + position];
  }

  /** Logits [V] of a wanted position of a segment, counted from 0. */
  public float[] logits(int segment, int position) {
    return logits.row(rows[segment] + position);
  }

  /** Logits of all wanted positions of all segments, in order of their rows. */
  float[] allLogits() {
    return logits.all();
  }

  @Override
  public void close() {
    if (scope != null) {
      scope.close();
    }
  }
}
