// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Stages of a mesh that is watched gain and lose replicas. */
@Timeout(120)
class ScalingTest {
  private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
  private final List<String> heard = new ArrayList<>();
  private RunFolder run;

  @SuppressWarnings("NullAway.Init")
  private Supervisor supervisor;

  @BeforeEach
  void start(@TempDir Path folder) throws Exception {
    run = new RunFolder(folder.resolve("run"));
    StartedMesh mesh = TestMesh.start(run, "orchestrator", "vision", "llm");
    supervisor =
        new Supervisor(run, run.plan(), mesh.record(), Map.of(), RestartPolicy.DEFAULT, told::add);
    Supervisor watching = supervisor;
    Thread.startVirtualThread(() -> {
      try {
        watching.run();
      } catch (Exception failed) {
        told.add(failed.toString());
      }
    });
  }

  @AfterEach
  void leaveNothingRunning() throws Exception {
    MeshStopper.stop(supervisor.stop().services(), Duration.ofSeconds(10));
  }

  private void awaitTold(String words) throws InterruptedException {
    while (heard.stream().noneMatch(line -> line.contains(words))) {
      String line = told.poll(60, TimeUnit.SECONDS);
      assertThat(line).as("a line with: %s", words).isNotNull();
      heard.add(line);
    }
  }

  private List<String> addresses(String stage) throws Exception {
    return Files.readAllLines(run.folder().resolve(stage + ".addresses"));
  }

  private List<String> names() throws Exception {
    return run.recorded().orElseThrow().services().stream().map(RunningService::name).toList();
  }

  @Test
  void aStageGainsReplicasAndLosesTheNewestFirst() throws Exception {
    run.askScale(new Replicas(Map.of("llm", 3)));
    awaitTold("llm-2 is ready");
    awaitTold("llm-3 is ready");

    assertThat(run.scaleIsAsked()).isFalse();
    assertThat(names()).containsExactly("orchestrator", "vision", "llm", "llm-2", "llm-3");
    MeshRecord mesh = run.recorded().orElseThrow();
    assertThat(mesh.alive()).hasSize(5);
    assertThat(addresses("llm"))
        .containsExactlyElementsOf(
            mesh.replicas("llm").stream().map(one -> mesh.address(one).toString()).toList());
    assertThat(addresses("vision")).hasSize(1);
    assertThat(run.plan().services()).hasSize(5);

    run.askScale(new Replicas(Map.of("llm", 2)));
    awaitTold("llm-3 is gone");

    assertThat(names()).containsExactly("orchestrator", "vision", "llm", "llm-2");
    assertThat(addresses("llm")).hasSize(2);
    assertThat(run.plan().services()).hasSize(4);
  }

  @Test
  void theOrchestratorIsToldBeforeAReplicaEnds() throws Exception {
    run.askScale(new Replicas(Map.of("llm", 2)));
    awaitTold("llm-2 is ready");
    RunningService second = run.recorded().orElseThrow().service("llm-2");

    run.askScale(new Replicas(Map.of("llm", 1)));
    while (addresses("llm").stream().noneMatch(line -> line.endsWith(" draining"))) {
      assertThat(second.alive()).as("runs on until the orchestrator can know").isTrue();
      Thread.sleep(5);
    }

    awaitTold("llm-2 is gone");
    assertThat(second.alive()).isFalse();
  }

  @Test
  void anAddedReplicaThatDiesIsStartedAgain() throws Exception {
    run.askScale(new Replicas(Map.of("vision", 2)));
    awaitTold("vision-2 is ready");

    run.recorded().orElseThrow().service("vision-2").process().orElseThrow().destroyForcibly();

    awaitTold("vision-2 was started again");
    awaitTold("vision-2 is ready again");
  }
}
