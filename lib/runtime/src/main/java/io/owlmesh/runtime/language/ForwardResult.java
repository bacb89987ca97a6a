// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.language;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.pytorch.engine.PtNDManager;
import java.util.List;

/**
 * What a step computed. Likeliest ids are there already; whole logits are fetched when asked for.
 */
public final class ForwardResult implements AutoCloseable {
  private final PtNDManager scope;
  private final NDArray logits;
  private final float[] largest;
  private final long[] likeliest;
  private final int[] rows;
  private final long nanos;

  /**
   * @param rows first row of logits of each segment
   * @param nanos in native code
   */
  ForwardResult(PtNDManager scope, List<NDArray> results, int[] rows, long nanos) {
    this.scope = scope;
    this.logits = results.get(0);
    this.largest = results.get(1).toFloatArray();
    this.likeliest = results.get(2).toLongArray();
    this.rows = rows;
    this.nanos = nanos;
  }

  /** Time in native code. */
  public long nanos() {
    return nanos;
  }

  /** The likeliest next id after the first wanted position of a segment. */
  public int likeliest(int segment) {
    return (int) likeliest[rows[segment]];
  }

  /** Its logit; not a number if any logit of the row is none. */
  public float largest(int segment) {
    return largest[rows[segment]];
  }

  /** Logits [V] of a wanted position of a segment, counted from 0. */
  public float[] logits(int segment, int position) {
    try (NDArray row = logits.get(new NDIndex(rows[segment] + position))) {
      return row.toFloatArray();
    }
  }

  /** Logits of all wanted positions of all segments, in order of their rows. */
  float[] allLogits() {
    return logits.toFloatArray();
  }

  @Override
  public void close() {
    scope.close();
  }
}
