// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.owlmesh.bench.StubStages;
import io.owlmesh.cli.OwlCalls;
import io.owlmesh.cli.chat.FakeSessions;
import io.owlmesh.cli.chat.FakeTurn;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class BenchOrchestratorCommandTest {
  private OwlCalls owl;
  private Path home;

  @BeforeEach
  void useFreshHome(@TempDir Path folder) {
    home = folder;
    owl = new OwlCalls(folder);
  }

  @Test
  void bothWaysAreAskedAsOftenAndComparedAndNothingIsLeft() throws Exception {
    Path file = home.resolve("bench.json");
    try (FakeSessions front = new FakeSessions(FakeTurn.saying("A", "b", "c"));
        StubStages stages = new StubStages(Duration.ofMillis(1))) {
      record(front.address(), stages.port());

      int code =
          owl.call(
              "bench",
              "orchestrator",
              "--requests",
              "4",
              "--warm-up",
              "2",
              "--tokens",
              "3",
              "--json",
              file.toString());

      assertThat(owl.err.toString()).isEmpty();
      assertThat(code).isZero();
      assertThat(front.turns).hasSize(6);
      assertThat(front.turns).extracting(turn -> turn.getSay().getText()).doesNotHaveDuplicates();
      assertThat(front.turns)
          .allSatisfy(turn ->
              assertThat(turn.getSay().getImagesList()).containsExactly(FakeSessions.digest(1)));
      assertThat(front.sessions).isEmpty();
    }
    assertThat(owl.out.toString())
        .contains("4 questions each way")
        .contains("first text, a turn of a session")
        .contains("what the orchestrator adds");
    JsonNode json = JsonMapper.builder().build().readTree(file.toFile());
    JsonNode turn = json.at("/times/0");
    JsonNode call = json.at("/times/1");
    assertThat(json.at("/times/2/p50").asDouble())
        .isEqualTo(turn.at("/p50").asDouble() - call.at("/p50").asDouble());
  }

  @Test
  void plainAndEncryptedHopsAreComparedWithoutAMesh() {
    int code = owl.call("bench", "orchestrator", "--hops", "--requests", "3", "--warm-up", "1");

    assertThat(owl.err.toString()).isEmpty();
    assertThat(code).isZero();
    assertThat(owl.out.toString())
        .contains("3 requests each way", "features [257, 1024]", "visual tokens [65, 4096]")
        .contains("three calls of a request, plain", "three calls of a request, mutual TLS")
        .contains("a new connection and an empty call, mutual TLS");
    assertThat(owl.call("bench", "orchestrator", "--hops", "--streams", "5")).isEqualTo(2);
  }

  @Test
  void withoutAMeshOrABuiltOrchestratorWhatIsMissingIsNamed() {
    assertThat(owl.call("bench", "orchestrator")).isOne();
    assertThat(owl.err.toString()).contains("No mesh is up");
    assertThat(owl.call("bench", "orchestrator", "--streams", "5")).isOne();
    assertThat(owl.err.toString()).contains("The service orchestrator is not built");
    assertThat(owl.call("bench", "orchestrator", "--streams", "0")).isEqualTo(2);
  }

  private void record(String front, int stages) throws Exception {
    ProcessHandle me = ProcessHandle.current();
    long started = me.info().startInstant().map(Instant::toEpochMilli).orElseThrow();
    StringBuilder services = new StringBuilder();
    for (String name : new String[] {"orchestrator", "vision", "abstractor", "llm"}) {
      String port =
          name.equals("orchestrator")
              ? front.substring(front.indexOf(':') + 1)
              : Integer.toString(stages);
      services.append(
          "%s{\"name\": \"%s\", \"pid\": %d, \"started\": %d, \"port\": %s, \"log\": \"l\"}"
              .formatted(services.isEmpty() ? "" : ",", name, me.pid(), started, port));
    }
    Files.createDirectories(home.resolve("run"));
    Files.writeString(
        home.resolve("run/mesh.json"),
        """
        {"mode": "mesh", "checkpoint": "nano", "host": "127.0.0.1", "services": [%s]}
        """
            .formatted(services));
  }
}
