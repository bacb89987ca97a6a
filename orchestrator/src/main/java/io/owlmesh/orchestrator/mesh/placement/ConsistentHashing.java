// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.placement;

import com.google.common.hash.Hashing;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The same one for work with the same beginning (rendezvous hashing, Thaler and Ravishankar 1998),
 * but the next in line for as long as it has a quarter more than its share (Mirrokni and others,
 * 2018).
 */
public final class ConsistentHashing implements Placement {
  private static final double BOUND = 1.25;

  @Override
  public Choice choose(List<Candidate> candidates, Work work) {
    long total = candidates.stream().mapToLong(Candidate::outstanding).sum() + 1;
    double warmth = candidates.stream().mapToDouble(Candidate::warmth).sum();
    List<Integer> order =
        IntStream.range(0, candidates.size())
            .boxed()
            .sorted(Comparator.comparingLong(i -> rank(candidates.get(i), work)))
            .toList();
    for (int index : order) {
      Candidate candidate = candidates.get(index);
      double bound = Math.ceil(BOUND * total * candidate.warmth() / warmth);
      if (candidate.outstanding() + 1 <= bound) {
        boolean first = index == order.getFirst();
        return Choice.of(index, first ? "hash" : "hash, over bound");
      }
    }
    return Choice.of(order.getFirst(), "hash");
  }

  private static long rank(Candidate candidate, Work work) {
    return Hashing.sha256()
        .newHasher()
        .putString(candidate.address(), StandardCharsets.UTF_8)
        .putByte((byte) 0)
        .putString(work.beginning(), StandardCharsets.UTF_8)
        .hash()
        .asLong();
  }
}
