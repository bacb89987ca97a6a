// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.placement;

import java.util.List;

/** One after the other. */
public final class RoundRobin implements Placement {
  private int next;

  @Override
  public Choice choose(List<Candidate> candidates, Work work) {
    int index = Math.floorMod(next++, candidates.size());
    return Choice.of(index, "round robin");
  }
}
