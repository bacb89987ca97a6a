// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.vector;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The kernels, on the JVM's vector instructions. Sums are in float32, and of one row the same
 * however many others there are: each has a vector of partial sums, to which the products come in
 * the order of the columns, and which are added up pairwise.
 *
 * <p>Two bfloat16 numbers are one int: its upper half is one of them as float32 already, its lower
 * half after a shift. So rows of x are laid out as {@link #lay} does, even columns apart from odd
 * ones.
 */
final class RowProducts {
  private static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED;
  // As many bytes as floats.
  private static final VectorSpecies<Byte> B =
      VectorSpecies.of(byte.class, VectorShape.forBitSize(F.length() * Byte.SIZE));
  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
  private static final int UPPER = 0xffff0000;
  private static final int HALF = 16;

  /** Lanes of a vector. */
  static final int LANES = F.length();

  /** Columns of a matrix are a multiple of it. */
  static final int COLUMNS = 2 * LANES;

  /** Rows that are multiplied together, or one alone. */
  static final int GROUP = 4;

  // Columns at a time of a group: their part of x stays in the smallest cache.
  private static final int BLOCK = 1024;

  private RowProducts() {}

  /** Whether there are vectors that can be worked with: 8 floats at least. */
  static boolean works() {
    return LANES >= 8;
  }

  /**
   * Where a column of a row of a group lies.
   *
   * @param rows of the group
   * @param narrow for 8-bit matrices
   */
  private static int place(int column, int row, int rows, boolean narrow) {
    if (narrow) {
      return (column / LANES * rows + row) * LANES + column % LANES;
    }
    int pair = column / COLUMNS;
    int half = column & 1;
    return ((2 * pair + half) * rows + row) * LANES + column % COLUMNS / 2;
  }

  /**
   * Lays out a row for products.
   *
   * @param x the row, from an offset on
   * @param to the group [rows * in]
   */
  static void lay(float[] x, int offset, int in, float[] to, int row, int rows, boolean narrow) {
    if (narrow) {
      for (int j = 0; j < in; j += LANES) {
        System.arraycopy(x, offset + j, to, place(j, row, rows, true), LANES);
      }
      return;
    }
    for (int j = 0; j < in; j += COLUMNS) {
      int even = place(j, row, rows, false);
      int odd = even + rows * LANES;
      int from = offset + j;
      for (int lane = 0; lane < LANES; lane++) {
        to[even + lane] = x[from + 2 * lane];
        to[odd + lane] = x[from + 2 * lane + 1];
      }
    }
  }

  private static FloatVector lower(IntVector pair) {
    return pair.lanewise(VectorOperators.LSHL, HALF).reinterpretAsFloats();
  }

  private static FloatVector upper(IntVector pair) {
    return pair.and(UPPER).reinterpretAsFloats();
  }

  private static IntVector pairs(MemorySegment w, long at) {
    return IntVector.fromMemorySegment(I, w, at, ORDER);
  }

  private static FloatVector bytes(MemorySegment w, long at) {
    return (FloatVector)
        ByteVector.fromMemorySegment(B, w, at, ORDER).convertShape(VectorOperators.B2F, F, 0);
  }

  private static FloatVector row(float[] x, int at) {
    return FloatVector.fromArray(F, x, at);
  }

  /** The sum of a vector, always in the same order; overwrites the scratch [LANES]. */
  private static float sum(FloatVector v, float[] scratch) {
    v.intoArray(scratch, 0);
    for (int n = LANES / 2; n > 0; n /= 2) {
      for (int i = 0; i < n; i++) {
        scratch[i] += scratch[i + n];
      }
    }
    return scratch[0];
  }

  /**
   * One row times rows {@code from} to {@code to - 1} of a bfloat16 matrix.
   *
   * @param base first byte of the matrix
   * @param y product of row o at {@code at + o - from}
   */
  static void one(
      MemorySegment w, long base, int in, float[] x, int from, int to, float[] y, int at) {
    float[] scratch = new float[LANES];
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
        FloatVector odd = row(x, j + LANES);
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
        a = upper(v).fma(row(x, j + LANES), lower(v).fma(row(x, j), a));
      }
      y[at + o - from] = sum(a, scratch);
    }
  }

  /** As above, of an 8-bit matrix. */
  static void oneNarrow(RowMatrix m, float[] x, int from, int to, float[] y, int at) {
    float[] scratch = new float[LANES];
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
      for (int j = 0; j < in; j += LANES) {
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
      for (int j = 0; j < in; j += LANES) {
        a = bytes(w, p + j).fma(row(x, j), a);
      }
      y[at + o - from] = sum(a, scratch) * m.scale(o);
    }
  }

  /**
   * A group of rows times rows {@code from} to {@code to - 1} of a matrix.
   *
   * @param x the group
   * @param rows of it that are used
   * @param y product of row r with row o at {@code r * stride + o}
   */
  static void group(
      RowMatrix m, float[] x, int from, int to, float[] y, int first, int rows, int stride) {
    int even = (to - from) / 2 * 2;
    int odd = to - from - even;
    float[] sums = new float[(to - from + odd) * GROUP * LANES];
    for (int begin = 0; begin < m.in(); begin += BLOCK) {
      int end = Math.min(m.in(), begin + BLOCK);
      for (int o = 0; o < to - from; o += 2) {
        // A last row without a second is multiplied twice.
        int second = Math.min(from + o + 1, to - 1);
        if (m.narrow()) {
          twoNarrow(m, x, from + o, second, begin, end, sums, o * GROUP * LANES);
        } else {
          two(m, x, from + o, second, begin, end, sums, o * GROUP * LANES);
        }
      }
    }
    float[] scratch = new float[LANES];
    for (int o = from; o < to; o++) {
      for (int r = 0; r < rows; r++) {
        float s = sum(row(sums, ((o - from) * GROUP + r) * LANES), scratch);
        y[(first + r) * stride + o] = m.narrow() ? s * m.scale(o) : s;
      }
    }
  }

  /** Adds columns {@code begin} to {@code end - 1} of two rows to the sums [2, GROUP, LANES]. */
  private static void two(
      RowMatrix m, float[] x, int first, int second, int begin, int end, float[] sums, int at) {
    MemorySegment w = m.numbers();
    long p = 2L * first * m.in();
    long q = 2L * second * m.in();
    FloatVector a0 = row(sums, at);
    FloatVector a1 = row(sums, at + LANES);
    FloatVector a2 = row(sums, at + 2 * LANES);
    FloatVector a3 = row(sums, at + 3 * LANES);
    FloatVector b0 = row(sums, at + 4 * LANES);
    FloatVector b1 = row(sums, at + 5 * LANES);
    FloatVector b2 = row(sums, at + 6 * LANES);
    FloatVector b3 = row(sums, at + 7 * LANES);
    for (int j = begin; j < end; j += COLUMNS) {
      IntVector v = pairs(w, p + 2L * j);
      IntVector u = pairs(w, q + 2L * j);
      int h = j * GROUP;
      FloatVector v0 = lower(v);
      FloatVector u0 = lower(u);
      FloatVector z = row(x, h);
      a0 = v0.fma(z, a0);
      b0 = u0.fma(z, b0);
      z = row(x, h + LANES);
      a1 = v0.fma(z, a1);
      b1 = u0.fma(z, b1);
      z = row(x, h + 2 * LANES);
      a2 = v0.fma(z, a2);
      b2 = u0.fma(z, b2);
      z = row(x, h + 3 * LANES);
      a3 = v0.fma(z, a3);
      b3 = u0.fma(z, b3);
      FloatVector v1 = upper(v);
      FloatVector u1 = upper(u);
      z = row(x, h + 4 * LANES);
      a0 = v1.fma(z, a0);
      b0 = u1.fma(z, b0);
      z = row(x, h + 5 * LANES);
      a1 = v1.fma(z, a1);
      b1 = u1.fma(z, b1);
      z = row(x, h + 6 * LANES);
      a2 = v1.fma(z, a2);
      b2 = u1.fma(z, b2);
      z = row(x, h + 7 * LANES);
      a3 = v1.fma(z, a3);
      b3 = u1.fma(z, b3);
    }
    a0.intoArray(sums, at);
    a1.intoArray(sums, at + LANES);
    a2.intoArray(sums, at + 2 * LANES);
    a3.intoArray(sums, at + 3 * LANES);
    b0.intoArray(sums, at + 4 * LANES);
    b1.intoArray(sums, at + 5 * LANES);
    b2.intoArray(sums, at + 6 * LANES);
    b3.intoArray(sums, at + 7 * LANES);
  }

  private static void twoNarrow(
      RowMatrix m, float[] x, int first, int second, int begin, int end, float[] sums, int at) {
    MemorySegment w = m.numbers();
    long p = (long) first * m.in();
    long q = (long) second * m.in();
    FloatVector a0 = row(sums, at);
    FloatVector a1 = row(sums, at + LANES);
    FloatVector a2 = row(sums, at + 2 * LANES);
    FloatVector a3 = row(sums, at + 3 * LANES);
    FloatVector b0 = row(sums, at + 4 * LANES);
    FloatVector b1 = row(sums, at + 5 * LANES);
    FloatVector b2 = row(sums, at + 6 * LANES);
    FloatVector b3 = row(sums, at + 7 * LANES);
    for (int j = begin; j < end; j += LANES) {
      FloatVector v = bytes(w, p + j);
      FloatVector u = bytes(w, q + j);
      int h = j * GROUP;
      FloatVector z = row(x, h);
      a0 = v.fma(z, a0);
      b0 = u.fma(z, b0);
      z = row(x, h + LANES);
      a1 = v.fma(z, a1);
      b1 = u.fma(z, b1);
      z = row(x, h + 2 * LANES);
      a2 = v.fma(z, a2);
      b2 = u.fma(z, b2);
      z = row(x, h + 3 * LANES);
      a3 = v.fma(z, a3);
      b3 = u.fma(z, b3);
    }
    a0.intoArray(sums, at);
    a1.intoArray(sums, at + LANES);
    a2.intoArray(sums, at + 2 * LANES);
    a3.intoArray(sums, at + 3 * LANES);
    b0.intoArray(sums, at + 4 * LANES);
    b1.intoArray(sums, at + 5 * LANES);
    b2.intoArray(sums, at + 6 * LANES);
    b3.intoArray(sums, at + 7 * LANES);
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
      odd.intoArray(scratch, LANES);
      for (int lane = 0; lane < LANES; lane++) {
        y[to + j + 2 * lane] += scratch[lane];
        y[to + j + 2 * lane + 1] += scratch[LANES + lane];
      }
    }
  }
}
