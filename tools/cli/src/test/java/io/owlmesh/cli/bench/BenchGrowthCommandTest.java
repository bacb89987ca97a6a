// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.cli.OwlCalls;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class BenchGrowthCommandTest {
  private OwlCalls owl;

  @BeforeEach
  void useFreshHome(@TempDir Path folder) {
    owl = new OwlCalls(folder);
  }

  @Test
  void withoutAMeshOrABuiltOrchestratorWhatIsMissingIsNamed() {
    assertThat(owl.call("bench", "growth", "--part=CONTEXT")).isOne();
    assertThat(owl.err.toString()).contains("No mesh is up");
    assertThat(owl.call("bench", "growth", "--part=SESSIONS")).isOne();
    assertThat(owl.err.toString()).contains("The service orchestrator is not built");
  }

  @Test
  void quantitiesThatCannotBeAreRefused() {
    assertThat(owl.call("bench", "growth", "--sequences=1,0")).isEqualTo(2);
    assertThat(owl.err.toString()).contains("--sequences must be at least 1");
    assertThat(owl.call("bench", "growth", "--part=LENGTH")).isEqualTo(2);
  }
}
