// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class MeshPortsTest {
  @Test
  void stagesFollowTheBaseAndThePageLiesEightyAboveIt() throws Exception {
    MeshPorts.Chosen chosen = new MeshPorts(9100, OptionalInt.empty()).choose(4);

    assertThat(chosen.grpc()).containsExactly(9100, 9101, 9102, 9103);
    assertThat(chosen.management()).containsExactly(9200, 9201, 9202, 9203);
    assertThat(chosen.http()).isEqualTo(9180);
  }

  @Test
  void thePageMayLieElsewhere() throws Exception {
    assertThat(new MeshPorts(9100, OptionalInt.of(8080)).choose(1).http()).isEqualTo(8080);
    assertThat(new MeshPorts(9100, OptionalInt.of(0)).choose(1).http()).isGreaterThan(0);
  }

  @Test
  void freePortsAreAllDifferent() throws Exception {
    MeshPorts.Chosen chosen = new MeshPorts(0, OptionalInt.empty()).choose(4);

    assertThat(chosen.grpc()).doesNotHaveDuplicates().hasSize(4).doesNotContain(chosen.http());
  }
}
