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
    StartedMesh mesh = TestMesh.start(run, "orchestrator", "vision", "abstractor", "llm");
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
    assertThat(names())
        .containsExactly("orchestrator", "vision", "abstractor", "llm", "llm-2", "llm-3");
    MeshRecord mesh = run.recorded().orElseThrow();
    assertThat(mesh.alive()).hasSize(6);
    assertThat(addresses("llm"))
        .containsExactlyElementsOf(
            mesh.replicas("llm").stream().map(one -> mesh.address(one).toString()).toList());
    assertThat(addresses("vision")).hasSize(1);
    assertThat(run.plan().services()).hasSize(6);

    run.askScale(new Replicas(Map.of("llm", 2)));
    awaitTold("llm-3 is gone");

    assertThat(names()).containsExactly("orchestrator", "vision", "abstractor", "llm", "llm-2");
    assertThat(addresses("llm")).hasSize(2);
    assertThat(run.plan().services()).hasSize(5);
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
  void aModelGetsStagesOfItsOwnAndLosesThem() throws Exception {
    run.askModel(
        new LocalModel("llava-1.5", Path.of("/models/llava"), Map.of("OWL_DEFAULT_ADAPTER", "p")));
    awaitTold("llava-1.5.vision is ready");
    awaitTold("llava-1.5.abstractor is ready");
    awaitTold("llava-1.5.llm is ready");

    MeshRecord mesh = run.recorded().orElseThrow();
    assertThat(mesh.ofModel("llava-1.5")).hasSize(3);
    assertThat(mesh.replicas("llm")).hasSize(1);
    assertThat(addresses("llava-1.5.llm"))
        .containsExactly(mesh.address(mesh.service("llava-1.5.llm")).toString());
    assertThat(run.plan().services())
        .filteredOn(one -> one.name().startsWith("llava-1.5."))
        .hasSize(3)
        .allMatch(one -> "/models/llava".equals(one.environment().get("OWL_CHECKPOINT")));
    assertThat(run.folder().resolve("models/llava-1.5.model"))
        .content()
        .contains("llm = file:" + run.folder().resolve("llava-1.5.llm.addresses").toAbsolutePath())
        .contains("default-adapter = p");

    run.askScale(new Replicas(Map.of("llava-1.5.llm", 2)));
    awaitTold("llava-1.5.llm-2 is ready");
    assertThat(addresses("llava-1.5.llm")).hasSize(2);

    run.askModelAway("llava-1.5");
    awaitTold("llava-1.5.llm-2 is gone");
    awaitTold("llava-1.5.llm is gone");
    awaitTold("llava-1.5.vision is gone");
    awaitTold("llava-1.5.abstractor is gone");
    assertThat(names()).containsExactly("orchestrator", "vision", "abstractor", "llm");
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
