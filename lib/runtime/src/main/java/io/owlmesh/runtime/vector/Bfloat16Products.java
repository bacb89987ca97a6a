// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.vector;

import static io.owlmesh.runtime.vector.Lanes.COLUMNS;
import static io.owlmesh.runtime.vector.Lanes.COUNT;
import static io.owlmesh.runtime.vector.Lanes.lower;
import static io.owlmesh.runtime.vector.Lanes.pairs;
import static io.owlmesh.runtime.vector.Lanes.row;
import static io.owlmesh.runtime.vector.Lanes.sum;
import static io.owlmesh.runtime.vector.Lanes.upper;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/** Products with matrices in bfloat16, for {@link RowProducts}. */
final class Bfloat16Products {
  private static final VectorSpecies<Float> F = Lanes.F;
  private static final long BYTES = 2;
  private static final int FOUR = RowProducts.GROUP;

  private Bfloat16Products() {}

  /**
   * One row times rows {@code from} to {@code to - 1} of a bfloat16 matrix.
   *
   * @param base first byte of the matrix
   * @param y product of row o at {@code at + o - from}
   */
  static void one(
      MemorySegment w, long base, int in, float[] x, int from, int to, float[] y, int at) {
    float[] scratch = new float[COUNT];
    long stride = 2L * in;
    int o = from;
    for (; o + 4 <= to; o += 4) {
      long p0 = base + o * stride;
      long p1 = p0 + stride;
      long p2 = p1 + stride;
      long p3 = p2 + stride;
      FloatVector a0 = FloatVector.zero(F);
      FloatVector a1 = a0;
      FloatVector a2 = a0;
      FloatVector a3 = a0;
      for (int j = 0; j < in; j += COLUMNS) {
        FloatVector even = row(x, j);
        FloatVector odd = row(x, j + COUNT);
        long q = 2L * j;
        IntVector v0 = pairs(w, p0 + q);
        IntVector v1 = pairs(w, p1 + q);
        IntVector v2 = pairs(w, p2 + q);
        IntVector v3 = pairs(w, p3 + q);
        a0 = upper(v0).fma(odd, lower(v0).fma(even, a0));
        a1 = upper(v1).fma(odd, lower(v1).fma(even, a1));
        a2 = upper(v2).fma(odd, lower(v2).fma(even, a2));
        a3 = upper(v3).fma(odd, lower(v3).fma(even, a3));
      }
      int k = at + o - from;
      y[k] = sum(a0, scratch);
      y[k + 1] = sum(a1, scratch);
      y[k + 2] = sum(a2, scratch);
      y[k + 3] = sum(a3, scratch);
    }
    for (; o < to; o++) {
      long p = base + o * stride;
      FloatVector a = FloatVector.zero(F);
      for (int j = 0; j < in; j += COLUMNS) {
        IntVector v = pairs(w, p + 2L * j);
        a = upper(v).fma(row(x, j + COUNT), lower(v).fma(row(x, j), a));
      }
      y[at + o - from] = sum(a, scratch);
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
    for (int j = 0; j < m.in(); j += COLUMNS) {
      long q = BYTES * j;
      int h = 2 * j;
      FloatVector a = row(x, h);
      FloatVector b = row(x, h + COUNT);
      IntVector v0 = pairs(w, p0 + q);
      IntVector v1 = pairs(w, p1 + q);
      IntVector v2 = pairs(w, p2 + q);
      IntVector v3 = pairs(w, p3 + q);
      FloatVector z = lower(v0);
      a0 = z.fma(a, a0);
      b0 = z.fma(b, b0);
      z = lower(v1);
      a1 = z.fma(a, a1);
      b1 = z.fma(b, b1);
      z = lower(v2);
      a2 = z.fma(a, a2);
      b2 = z.fma(b, b2);
      z = lower(v3);
      a3 = z.fma(a, a3);
      b3 = z.fma(b, b3);
      a = row(x, h + 2 * COUNT);
      b = row(x, h + 3 * COUNT);
      z = upper(v0);
      a0 = z.fma(a, a0);
      b0 = z.fma(b, b0);
      z = upper(v1);
      a1 = z.fma(a, a1);
      b1 = z.fma(b, b1);
      z = upper(v2);
      a2 = z.fma(a, a2);
      b2 = z.fma(b, b2);
      z = upper(v3);
      a3 = z.fma(a, a3);
      b3 = z.fma(b, b3);
    }
    float[] scratch = new float[COUNT];
    int a = first * stride;
    int b = a + stride;
    y[a + o0] = sum(a0, scratch);
    y[a + o1] = sum(a1, scratch);
    y[a + o2] = sum(a2, scratch);
    y[a + o3] = sum(a3, scratch);
    y[b + o0] = sum(b0, scratch);
    y[b + o1] = sum(b1, scratch);
    y[b + o2] = sum(b2, scratch);
    y[b + o3] = sum(b3, scratch);
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
        y[at + o] = sums[r];
        y[at + second] = sums[FOUR + r];
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
    for (int j = 0; j < m.in(); j += COLUMNS) {
      IntVector v = pairs(w, p + 2L * j);
      IntVector u = pairs(w, q + 2L * j);
      int h = j * FOUR;
      FloatVector v0 = lower(v);
      FloatVector u0 = lower(u);
      FloatVector z = row(x, h);
      a0 = v0.fma(z, a0);
      b0 = u0.fma(z, b0);
      z = row(x, h + COUNT);
      a1 = v0.fma(z, a1);
      b1 = u0.fma(z, b1);
      z = row(x, h + 2 * COUNT);
      a2 = v0.fma(z, a2);
      b2 = u0.fma(z, b2);
      z = row(x, h + 3 * COUNT);
      a3 = v0.fma(z, a3);
      b3 = u0.fma(z, b3);
      FloatVector v1 = upper(v);
      FloatVector u1 = upper(u);
      z = row(x, h + 4 * COUNT);
      a0 = v1.fma(z, a0);
      b0 = u1.fma(z, b0);
      z = row(x, h + 5 * COUNT);
      a1 = v1.fma(z, a1);
      b1 = u1.fma(z, b1);
      z = row(x, h + 6 * COUNT);
      a2 = v1.fma(z, a2);
      b2 = u1.fma(z, b2);
      z = row(x, h + 7 * COUNT);
      a3 = v1.fma(z, a3);
      b3 = u1.fma(z, b3);
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

  /**
   * Adds the rows of a bfloat16 matrix [n, width], each times its weight, to a row.
   *
   * @param base first byte
   * @param weights from an offset on
   * @param y the row, from an offset on
   */
  static void mix(
      MemorySegment w, long base, int n, int width, float[] weights, int at, float[] y, int to) {
    float[] scratch = new float[COLUMNS];
    long stride = 2L * width;
    for (int j = 0; j < width; j += COLUMNS) {
      FloatVector even = FloatVector.zero(F);
      FloatVector odd = even;
      long p = base + 2L * j;
      for (int i = 0; i < n; i++) {
        IntVector v = pairs(w, p + i * stride);
        FloatVector weight = FloatVector.broadcast(F, weights[at + i]);
        even = lower(v).fma(weight, even);
        odd = upper(v).fma(weight, odd);
      }
      even.intoArray(scratch, 0);
      odd.intoArray(scratch, COUNT);
      for (int lane = 0; lane < COUNT; lane++) {
        y[to + j + 2 * lane] += scratch[lane];
        y[to + j + 2 * lane + 1] += scratch[COUNT + lane];
      }
    }
  }
}
