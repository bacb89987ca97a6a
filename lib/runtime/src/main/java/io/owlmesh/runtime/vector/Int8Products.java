// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.vector;

import static io.owlmesh.runtime.vector.Lanes.COUNT;
import static io.owlmesh.runtime.vector.Lanes.bytes;
import static io.owlmesh.runtime.vector.Lanes.row;
import static io.owlmesh.runtime.vector.Lanes.sum;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Products with matrices in 8 bits, for {@link RowProducts}. */
final class Int8Products {
  private static final VectorSpecies<Float> F = Lanes.F;
  private static final long BYTES = 1;
  private static final int FOUR = RowProducts.GROUP;

  private Int8Products() {}

  /**
   * One row times rows {@code from} to {@code to - 1} of a matrix; y as in {@link
   * Bfloat16Products#one}.
   */
  static void one(RowMatrix m, float[] x, int from, int to, float[] y, int at) {
    float[] scratch = new float[COUNT];
    MemorySegment w = m.numbers();
    int in = m.in();
    int o = from;
    for (; o + 4 <= to; o += 4) {
      long p0 = (long) o * in;
      long p1 = p0 + in;
      long p2 = p1 + in;
      long p3 = p2 + in;
      FloatVector a0 = FloatVector.zero(F);
      FloatVector a1 = a0;
      FloatVector a2 = a0;
      FloatVector a3 = a0;
      for (int j = 0; j < in; j += COUNT) {
        FloatVector e = row(x, j);
        a0 = bytes(w, p0 + j).fma(e, a0);
        a1 = bytes(w, p1 + j).fma(e, a1);
        a2 = bytes(w, p2 + j).fma(e, a2);
        a3 = bytes(w, p3 + j).fma(e, a3);
      }
      int k = at + o - from;
      y[k] = sum(a0, scratch) * m.scale(o);
      y[k + 1] = sum(a1, scratch) * m.scale(o + 1);
      y[k + 2] = sum(a2, scratch) * m.scale(o + 2);
      y[k + 3] = sum(a3, scratch) * m.scale(o + 3);
    }
    for (; o < to; o++) {
      long p = (long) o * in;
      FloatVector a = FloatVector.zero(F);
      for (int j = 0; j < in; j += COUNT) {
        a = bytes(w, p + j).fma(row(x, j), a);
      }
      y[at + o - from] = sum(a, scratch) * m.scale(o);
    }
  }

  /**
   * Two rows times rows {@code from} to {@code to - 1} of a matrix.
   *
   * @param x both, laid out together
   * @param y product of row r with row o at {@code (first + r) * stride + o}
   */
  static void pair(RowMatrix m, float[] x, int from, int to, float[] y, int first, int stride) {
    int o = from;
    for (; o + 4 <= to; o += 4) {
      pair(m, x, o, o + 1, o + 2, o + 3, y, first, stride);
    }
    for (; o < to; o++) { // The same row four times: what is left is little.
      pair(m, x, o, o, o, o, y, first, stride);
    }
  }

  private static void pair(
      RowMatrix m, float[] x, int o0, int o1, int o2, int o3, float[] y, int first, int stride) {
    MemorySegment w = m.numbers();
    long p0 = BYTES * o0 * m.in();
    long p1 = BYTES * o1 * m.in();
    long p2 = BYTES * o2 * m.in();
    long p3 = BYTES * o3 * m.in();
    FloatVector a0 = FloatVector.zero(F);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    FloatVector b0 = a0;
    FloatVector b1 = a0;
    FloatVector b2 = a0;
    FloatVector b3 = a0;
    for (int j = 0; j < m.in(); j += COUNT) {
      FloatVector a = row(x, 2 * j);
      FloatVector b = row(x, 2 * j + COUNT);
      FloatVector z = bytes(w, p0 + j);
      a0 = z.fma(a, a0);
      b0 = z.fma(b, b0);
      z = bytes(w, p1 + j);
      a1 = z.fma(a, a1);
      b1 = z.fma(b, b1);
      z = bytes(w, p2 + j);
      a2 = z.fma(a, a2);
      b2 = z.fma(b, b2);
      z = bytes(w, p3 + j);
      a3 = z.fma(a, a3);
      b3 = z.fma(b, b3);
    }
    float[] scratch = new float[COUNT];
    int a = first * stride;
    int b = a + stride;
    y[a + o0] = sum(a0, scratch) * m.scale(o0);
    y[a + o1] = sum(a1, scratch) * m.scale(o1);
    y[a + o2] = sum(a2, scratch) * m.scale(o2);
    y[a + o3] = sum(a3, scratch) * m.scale(o3);
    y[b + o0] = sum(b0, scratch) * m.scale(o0);
    y[b + o1] = sum(b1, scratch) * m.scale(o1);
    y[b + o2] = sum(b2, scratch) * m.scale(o2);
    y[b + o3] = sum(b3, scratch) * m.scale(o3);
  }

  /**
   * Three or four rows times rows {@code from} to {@code to - 1} of a matrix.
   *
   * @param x four, laid out together
   * @param rows of them that are used
   * @param y product of row r with row o at {@code (first + r) * stride + o}
   */
  static void four(
      RowMatrix m, float[] x, int from, int to, float[] y, int first, int rows, int stride) {
    float[] sums = new float[2 * FOUR];
    for (int o = from; o < to; o += 2) {
      // A last row without a second is multiplied twice.
      int second = Math.min(o + 1, to - 1);
      four(m, x, o, second, sums);
      for (int r = 0; r < rows; r++) {
        int at = (first + r) * stride;
        y[at + o] = sums[r] * m.scale(o);
        y[at + second] = sums[FOUR + r] * m.scale(second);
      }
    }
  }

  /** Four rows times two rows of a matrix: the sums [2, 4]. */
  private static void four(RowMatrix m, float[] x, int o, int second, float[] sums) {
    MemorySegment w = m.numbers();
    long p = BYTES * o * m.in();
    long q = BYTES * second * m.in();
    FloatVector a0 = FloatVector.zero(F);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    FloatVector b0 = a0;
    FloatVector b1 = a0;
    FloatVector b2 = a0;
    FloatVector b3 = a0;
    for (int j = 0; j < m.in(); j += COUNT) {
      FloatVector v = bytes(w, p + j);
      FloatVector u = bytes(w, q + j);
      int h = j * FOUR;
      FloatVector z = row(x, h);
      a0 = v.fma(z, a0);
      b0 = u.fma(z, b0);
      z = row(x, h + COUNT);
      a1 = v.fma(z, a1);
      b1 = u.fma(z, b1);
      z = row(x, h + 2 * COUNT);
      a2 = v.fma(z, a2);
      b2 = u.fma(z, b2);
      z = row(x, h + 3 * COUNT);
      a3 = v.fma(z, a3);
      b3 = u.fma(z, b3);
    }
    float[] scratch = new float[COUNT];
    sums[0] = sum(a0, scratch);
    sums[1] = sum(a1, scratch);
    sums[2] = sum(a2, scratch);
    sums[3] = sum(a3, scratch);
    sums[4] = sum(b0, scratch);
    sums[5] = sum(b1, scratch);
    sums[6] = sum(b2, scratch);
    sums[7] = sum(b3, scratch);
  }
}
