// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.cli.OwlCalls;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MeshCommandsTest {
  private OwlCalls owl;
  private Path home;

  @BeforeEach
  void useFreshHome(@TempDir Path folder) {
    home = folder;
    owl = new OwlCalls(folder);
  }

  @Test
  void helpListsEveryCommand() {
    assertThat(owl.call("help")).isZero();
    assertThat(owl.out.toString())
        .contains(
            "up",
            "down",
            "status",
            "ask",
            "chat",
            "sessions",
            "bench",
            "checkpoint",
            "verify",
            "test");
  }

  @Test
  void withoutAMeshDownIsContentAndStatusIsNot() {
    assertThat(owl.call("down")).isZero();
    assertThat(owl.call("status")).isEqualTo(1);
    assertThat(owl.out.toString()).contains("No mesh is up.");
  }

  @Test
  void aFolderThatIsNoCheckpointIsRefused() {
    assertThat(owl.call("up", "--checkpoint", home.toString())).isEqualTo(1);
    assertThat(owl.err.toString()).contains("There is no checkpoint in " + home);
  }

  @Test
  void aServiceThatIsNotBuiltIsNamed() throws Exception {
    Files.writeString(home.resolve("config.json"), "{}");

    assertThat(owl.call("up", "--checkpoint", home.toString())).isEqualTo(1);
    assertThat(owl.err.toString()).contains("The service orchestrator is not built");
  }

  @Test
  void aPortThatNoneCanBeIsRefused() throws Exception {
    assertThat(owl.call("up", "--port-base", "65500")).isNotZero();
    assertThat(owl.err.toString()).contains("--port-base must be 0 to 65455, not 65500.");
    assertThat(owl.call("up", "--http-port", "70000")).isNotZero();
    assertThat(owl.err.toString()).contains("--http-port must be 0 to 65535, not 70000.");
  }

  @Test
  void withoutACheckpointTheOneThatComesAlongIsTaken() throws Exception {
    Files.createDirectories(home.resolve("deploy/models/owl-nano"));
    Files.writeString(home.resolve("deploy/models/owl-nano/config.json"), "{}");

    assertThat(owl.call("up", "--fused")).isEqualTo(1);
    assertThat(owl.err.toString()).contains("The service fused is not built");
  }

  @Test
  void aRecordOfDeadProcessesIsShownAndCleared() throws Exception {
    Files.createDirectories(home.resolve("run"));
    Files.writeString(
        home.resolve("run/mesh.json"),
        """
        {"mode": "mesh", "checkpoint": "nano", "host": "127.0.0.1", "services": [
          {"name": "vision", "pid": 2147483000, "started": 1, "port": 9001, "log": "v.log"}]}
        """);

    assertThat(owl.call("status")).isEqualTo(1);
    assertThat(owl.out.toString()).contains("vision").contains("down").contains("127.0.0.1:9001");
    assertThat(owl.call("down")).isZero();
    assertThat(home.resolve("run/mesh.json")).doesNotExist();
  }
}
