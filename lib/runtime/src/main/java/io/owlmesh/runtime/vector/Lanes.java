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
 * Vectors of the JVM, and how rows of x are laid out for products with them.
 *
 * <p>Two bfloat16 numbers are one int: its upper half is one of them as float32 already, its lower
 * half after a shift. So even columns of x lie apart from odd ones.
 */
final class Lanes {
  static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED;
  // As many bytes as floats.
  private static final VectorSpecies<Byte> B =
      VectorSpecies.of(byte.class, VectorShape.forBitSize(F.length() * Byte.SIZE));
  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
  private static final int UPPER = 0xffff0000;
  private static final int HALF = 16;

  /** Lanes of a vector. */
  static final int COUNT = F.length();

  /** Columns of a matrix are a multiple of it. */
  static final int COLUMNS = 2 * COUNT;

  private Lanes() {}

  /** Whether there are vectors that can be worked with: 8 floats at least. */
  static boolean works() {
    return COUNT >= 8;
  }

  /**
   * Where a column of a row of a group lies.
   *
   * @param rows of the group
   * @param narrow for 8-bit matrices
   */
  private static int place(int column, int row, int rows, boolean narrow) {
    if (narrow) {
      return (column / COUNT * rows + row) * COUNT + column % COUNT;
    }
    int pair = column / COLUMNS;
    int half = column & 1;
    return ((2 * pair + half) * rows + row) * COUNT + column % COLUMNS / 2;
  }

  /**
   * Lays out a row for products.
   *
   * @param x the row, from an offset on
   * @param to the group [rows * in]
   */
  static void lay(float[] x, int offset, int in, float[] to, int row, int rows, boolean narrow) {
    if (narrow) {
      for (int j = 0; j < in; j += COUNT) {
        System.arraycopy(x, offset + j, to, place(j, row, rows, true), COUNT);
      }
      return;
    }
    for (int j = 0; j < in; j += COLUMNS) {
      int even = place(j, row, rows, false);
      int odd = even + rows * COUNT;
      int from = offset + j;
      for (int lane = 0; lane < COUNT; lane++) {
        to[even + lane] = x[from + 2 * lane];
        to[odd + lane] = x[from + 2 * lane + 1];
      }
    }
  }

  static FloatVector lower(IntVector pair) {
    return pair.lanewise(VectorOperators.LSHL, HALF).reinterpretAsFloats();
  }

  static FloatVector upper(IntVector pair) {
    return pair.and(UPPER).reinterpretAsFloats();
  }

  static IntVector pairs(MemorySegment w, long at) {
    return IntVector.fromMemorySegment(I, w, at, ORDER);
  }

  static FloatVector bytes(MemorySegment w, long at) {
    return (FloatVector)
        ByteVector.fromMemorySegment(B, w, at, ORDER).convertShape(VectorOperators.B2F, F, 0);
  }

  static FloatVector row(float[] x, int at) {
    return FloatVector.fromArray(F, x, at);
  }

  /** The sum of a vector, always in the same order; overwrites the scratch [COUNT]. */
  static float sum(FloatVector v, float[] scratch) {
    v.intoArray(scratch, 0);
    for (int n = COUNT / 2; n > 0; n /= 2) {
      for (int i = 0; i < n; i++) {
        scratch[i] += scratch[i + n];
      }
    }
    return scratch[0];
  }
}
