// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.workers;

import io.owlmesh.core.OwlException;
import java.util.ArrayList;
import java.util.List;

/**
 * Which tensors each worker keeps the optimizer's state of (ZeRO stage 1: Rajbhandari et al. 2020,
 * section 5.1): whole ones, in their order, about as many numbers each.
 *
 * @param ends of each worker, the index after its last tensor
 */
public record TensorShares(List<Integer> ends) {
  public TensorShares {
    ends = List.copyOf(ends);
  }

  /**
   * Shares tensors out.
   *
   * @param sizes numbers of each tensor
   * @throws OwlException BAD_INPUT if there are more workers than tensors
   */
  public static TensorShares of(long[] sizes, int workers) {
    if (workers > sizes.length) {
      throw OwlException.badInput(
          "workers", "%d, but only %d tensors learn".formatted(workers, sizes.length));
    }
    long all = 0;
    for (long size : sizes) {
      all += size;
    }
    List<Integer> ends = new ArrayList<>();
    long given = 0;
    int next = 0;
    for (int rank = 0; rank < workers; rank++) {
      int most = sizes.length - (workers - rank - 1); // One is left for each that follows.
      long aim = all * (rank + 1) / workers;
      do {
        given += sizes[next++];
      } while (next < most && given + sizes[next] / 2 <= aim);
      ends.add(rank == workers - 1 ? sizes.length : next);
    }
    return new TensorShares(ends);
  }

  /** The first tensor of a worker. */
  public int from(int rank) {
    return rank == 0 ? 0 : ends.get(rank - 1);
  }

  /** The one after its last. */
  public int to(int rank) {
    return ends.get(rank);
  }
}
