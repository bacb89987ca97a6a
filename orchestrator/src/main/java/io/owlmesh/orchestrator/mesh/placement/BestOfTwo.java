// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.placement;

import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Of two at random, the one with less of our work: nearly as even as the least of all, and several
 * who choose at the same time do not all choose the same.
 */
public final class BestOfTwo implements Placement {
  @Override
  public Choice choose(List<Candidate> candidates, Work work) {
    int count = candidates.size();
    int one = ThreadLocalRandom.current().nextInt(count);
    int two = count == 1 ? one : (one + 1 + ThreadLocalRandom.current().nextInt(count - 1)) % count;
    boolean first = candidates.get(one).fullness() <= candidates.get(two).fullness();
    return Choice.of(first ? one : two, "best of two");
  }
}
