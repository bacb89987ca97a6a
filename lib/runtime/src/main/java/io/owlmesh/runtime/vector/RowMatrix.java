// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.vector;

import java.lang.foreign.MemorySegment;

/** A matrix [out, in] in memory, row after row, with which rows are multiplied. */
public final class RowMatrix {
  private final MemorySegment numbers;
  private final float[] scales;
  private final int out;
  private final int in;

  /**
   * A matrix in bfloat16.
   *
   * @param numbers little-endian
   */
  public RowMatrix(MemorySegment numbers, int out, int in) {
    this(numbers, new float[0], out, in);
  }

  /**
   * A matrix in 8 bits: w = scale * q.
   *
   * @param scales of each row [out]; the array is its own from here on
   */
  public RowMatrix(MemorySegment numbers, float[] scales, int out, int in) {
    boolean narrow = scales.length > 0;
    if (narrow && scales.length != out) {
      throw new IllegalArgumentException(scales.length + " scales for " + out + " rows");
    }
    long bytes = (long) out * in * (narrow ? 1 : Short.BYTES);
    if (numbers.byteSize() < bytes) {
      throw new IllegalArgumentException(numbers.byteSize() + " bytes; " + bytes + " are needed");
    }
    this.numbers = numbers;
    this.scales = scales;
    this.out = out;
    this.in = in;
  }

  MemorySegment numbers() {
    return numbers;
  }

  /** Of a row of a narrow one. */
  float scale(int row) {
    return scales[row];
  }

  /** Rows. */
  public int out() {
    return out;
  }

  /** Columns. */
  public int in() {
    return in;
  }

  /** Whether the numbers take 8 bits. */
  boolean narrow() {
    return scales.length > 0;
  }
}
