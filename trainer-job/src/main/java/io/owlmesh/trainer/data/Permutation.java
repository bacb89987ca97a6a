// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.data;

/**
 * Permutations of any size that take no memory: a Feistel network of four rounds over the next even
 * power of two, repeated until the result falls within the size.
 */
final class Permutation {
  private static final int ROUNDS = 4;

  private Permutation() {}

  /**
   * Where a place goes.
   *
   * @param place from 0 to size - 1
   * @param key other keys give other permutations
   */
  static int apply(int place, int size, long key) {
    int half = (Integer.SIZE - Integer.numberOfLeadingZeros(Math.max(1, size - 1)) + 1) / 2;
    long mask = (1L << half) - 1;
    long x = place;
    do {
      long left = x >>> half;
      long right = x & mask;
      for (int round = 0; round < ROUNDS; round++) {
        long mixed = left ^ (Mixture.mix(key + round, right) & mask);
        left = right;
        right = mixed;
      }
      x = left << half | right;
    } while (x >= size);
    return (int) x;
  }
}
