// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.placement;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Dialogues of thirty users with pictures, most of which somebody has shown before. */
class DialoguePlacementTest {
  private static SimulatedReplicas four(Placement placement) {
    SimulatedReplicas replicas = new SimulatedReplicas(placement, 4, 2_000, 8 << 10);
    replicas.run(30, 8);
    return replicas;
  }

  @Test
  void fourReplicasFindAsMuchAsOneOfFourTimesTheCache() {
    SimulatedReplicas one = new SimulatedReplicas(new ExpectedTime(), 1, 8_000, 32 << 10);
    one.run(30, 8);

    assertThat(four(new ExpectedTime()).hitShare()).isGreaterThan(0.95 * one.hitShare());
  }

  @Test
  void aFirstTokenComesSoonerThanWithAnyOtherPlacement() {
    SimulatedReplicas ours = four(new ExpectedTime());

    for (Placement other :
        new Placement[] {new RoundRobin(), new LeastOutstanding(), new ConsistentHashing()}) {
      SimulatedReplicas theirs = four(other);
      assertThat(ours.wait(0.5)).isLessThan(theirs.wait(0.5));
      assertThat(ours.wait(0.99)).isLessThan(theirs.wait(0.99));
    }
  }
}
