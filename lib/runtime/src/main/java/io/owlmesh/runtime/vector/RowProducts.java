// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.vector;

import java.util.ArrayList;
import java.util.List;

/**
 * Products of few rows with a matrix, on the JVM's vector instructions. Sums are in float32, and of
 * one row the same however many others there are: each has a vector of partial sums, to which the
 * products come in the order of the columns, and which are added up pairwise.
 */
final class RowProducts {
  /** Most rows that are multiplied together. */
  static final int GROUP = 4;

  private RowProducts() {}

  /** Rows that are multiplied together, so that each number of a matrix is read once for all. */
  static final class Group {
    private final float[] x;
    private final int first;
    private final int rows;

    /**
     * @param x laid out for matrices in 8 bits or in bfloat16; of three rows, with a fourth of
     *     zeros
     * @param first of them
     * @param rows 1 to 4
     */
    private Group(float[] x, int first, int rows) {
      this.x = x;
      this.first = first;
      this.rows = rows;
    }
  }

  /**
   * Lays out rows.
   *
   * @param x [rows, in]
   */
  static List<Group> groups(float[] x, int rows, int in, boolean narrow) {
    List<Group> groups = new ArrayList<>();
    for (int first = 0; first < rows; first += GROUP) {
      int used = Math.min(GROUP, rows - first);
      int size = used == 3 ? GROUP : used;
      float[] laid = new float[size * in];
      for (int r = 0; r < used; r++) {
        Lanes.lay(x, (first + r) * in, in, laid, r, size, narrow);
      }
      groups.add(new Group(laid, first, used));
    }
    return groups;
  }

  /**
   * The products of a group with rows {@code from} to {@code to - 1} of a matrix.
   *
   * @param y [rows, out]
   */
  static void multiply(Group group, RowMatrix m, int from, int to, float[] y) {
    int out = m.out();
    int at = group.first * out + from;
    switch (group.rows) {
      case 1 -> {
        if (m.narrow()) {
          Int8Products.one(m, group.x, from, to, y, at);
        } else {
          Bfloat16Products.one(m.numbers(), 0, m.in(), group.x, from, to, y, at);
        }
      }
      case 2 -> {
        if (m.narrow()) {
          Int8Products.pair(m, group.x, from, to, y, group.first, out);
        } else {
          Bfloat16Products.pair(m, group.x, from, to, y, group.first, out);
        }
      }
      default -> {
        if (m.narrow()) {
          Int8Products.four(m, group.x, from, to, y, group.first, group.rows, out);
        } else {
          Bfloat16Products.four(m, group.x, from, to, y, group.first, group.rows, out);
        }
      }
    }
  }
}
