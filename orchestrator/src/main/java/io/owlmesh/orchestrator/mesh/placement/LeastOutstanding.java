// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.placement;

import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** The one with the least of our work; any one of equals. */
public final class LeastOutstanding implements Placement {
  @Override
  public Choice choose(List<Candidate> candidates, Work work) {
    int first = ThreadLocalRandom.current().nextInt(candidates.size());
    int best = first;
    for (int i = 1; i < candidates.size(); i++) {
      int other = (first + i) % candidates.size();
      if (candidates.get(other).fullness() < candidates.get(best).fullness()) {
        best = other;
      }
    }
    return Choice.of(best, "least outstanding");
  }
}
