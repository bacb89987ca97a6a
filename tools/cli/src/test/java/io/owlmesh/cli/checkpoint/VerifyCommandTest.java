// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.cli.OwlCalls;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerifyCommandTest {
  private static final Path GOLDEN = Path.of("../../lib/model/src/test/resources/owl-tiny");

  private OwlCalls owl;
  private Path home;

  @BeforeEach
  void useFreshHome(@TempDir Path folder) {
    home = folder;
    owl = new OwlCalls(folder);
  }

  @Test
  void theEngineAgreesWithTheReference() {
    int code =
        owl.call(
            "verify",
            "--golden",
            GOLDEN.toString(),
            "--checkpoint",
            GOLDEN.resolve("checkpoints/safetensors").toString());

    assertThat(code).isZero();
    assertThat(owl.out.toString())
        .contains("logits")
        .contains("greedy")
        .containsPattern("All \\d+ comparisons passed")
        .doesNotContain("FAILED");
  }

  @Test
  void aFolderWithoutGoldenValuesIsRefusedWithAReason() {
    assertThat(owl.call("verify", "--golden", home.toString())).isEqualTo(1);
    assertThat(owl.err.toString()).contains("holds no checkpoints");
  }

  @Test
  void theGoldenFolderMustBeNamed() {
    assertThat(owl.call("verify")).isEqualTo(2);
    assertThat(owl.err.toString()).contains("--golden");
  }
}
