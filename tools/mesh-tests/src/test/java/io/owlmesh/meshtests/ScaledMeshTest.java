// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.owlmesh.client.MeshClient;
import io.owlmesh.launcher.ChildGuard;
import io.owlmesh.launcher.MeshOptions;
import io.owlmesh.launcher.MeshPlan;
import io.owlmesh.launcher.MeshPorts;
import io.owlmesh.launcher.MeshRecord;
import io.owlmesh.launcher.MeshStarter;
import io.owlmesh.launcher.MeshStopper;
import io.owlmesh.launcher.Replicas;
import io.owlmesh.launcher.RestartPolicy;
import io.owlmesh.launcher.RunFolder;
import io.owlmesh.launcher.RunningService;
import io.owlmesh.launcher.StartedMesh;
import io.owlmesh.launcher.Supervisor;
import io.owlmesh.proto.mesh.v1.Condition;
import io.owlmesh.proto.mesh.v1.Replica;
import io.owlmesh.proto.mesh.v1.Stage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A mesh as {@code ./owl up} runs it gains and loses language models while clients talk. */
class ScaledMeshTest {
  private static final Duration LIMIT = Duration.ofSeconds(90);

  @TempDir private Path folder;

  @Test
  @Timeout(value = 4, unit = TimeUnit.MINUTES)
  void replicasComeAndGoAndNobodyWhoTalksNotices() throws Exception {
    RunFolder run = new RunFolder(folder.resolve("run"));
    MeshOptions options =
        new MeshOptions(
            false,
            Processes.TINY_CHECKPOINT,
            "127.0.0.1",
            new MeshPorts(0, OptionalInt.empty()),
            Map.of(
                "OWL_DATA", folder.resolve("data").toString(),
                "OWL_HEALTH_INTERVAL", "0.2S",
                "JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1"));
    MeshPlan plan = MeshPlan.of(Processes.ROOT, options, new Replicas(Map.of("vision", 2)), run);
    StartedMesh mesh =
        new MeshStarter(run, LIMIT, new PrintWriter(Writer.nullWriter()))
            .start(plan, started -> guard(started.services()));
    Supervisor supervisor = watch(run, plan, mesh);
    ManagedChannel door =
        NettyChannelBuilder.forAddress("127.0.0.1", mesh.record().frontDoor().port())
            .usePlaintext()
            .build();
    AtomicBoolean enough = new AtomicBoolean();
    try (MeshClient view = new MeshClient(mesh.record().frontDoor())) {
      await(view, Stage.STAGE_VISION, 2);
      Talker talker = new Talker(7, new Album());
      CompletableFuture<Void> talk =
          CompletableFuture.runAsync(
              () -> talker.talkUntil(enough::get, door), Thread::startVirtualThread);

      run.askScale(new Replicas(Map.of("llm", 3)));
      await(view, Stage.STAGE_LLM, 3);
      guard(run.recorded().orElseThrow().services());
      run.askScale(new Replicas(Map.of("llm", 1, "vision", 1)));
      await(view, Stage.STAGE_LLM, 1);
      await(view, Stage.STAGE_VISION, 1);

      enough.set(true);
      talk.get(60, TimeUnit.SECONDS);
      assertThat(talker.sessions).isNotEmpty();
      awaitProcesses(run, 4);
    } finally {
      enough.set(true);
      door.shutdownNow();
      MeshRecord last = supervisor.stop();
      assertThat(MeshStopper.stop(last.services(), Duration.ofSeconds(20))).isEmpty();
    }
  }

  private static void guard(Collection<RunningService> services) {
    for (RunningService one : services) {
      try {
        ChildGuard.over(one.process().orElseThrow());
      } catch (IOException failed) {
        throw new IllegalStateException(failed);
      }
    }
  }

  private static Supervisor watch(RunFolder run, MeshPlan plan, StartedMesh mesh) {
    Map<String, Process> children = new HashMap<>();
    mesh.processes().forEach((service, process) -> children.put(service.name(), process));
    Supervisor supervisor =
        new Supervisor(run, plan, mesh.record(), children, RestartPolicy.DEFAULT, _ -> {});
    Thread.startVirtualThread(
        () -> {
          try {
            supervisor.run();
          } catch (Exception failed) {
            throw new IllegalStateException(failed);
          }
        });
    return supervisor;
  }

  /** Until a stage has so many replicas, and all of them serve. */
  private static void await(MeshClient view, Stage stage, int count) throws Exception {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (true) {
      List<Replica> replicas =
          view.state().getReplicasList().stream().filter(one -> one.getStage() == stage).toList();
      if (replicas.size() == count
          && replicas.stream()
              .allMatch(one -> one.getCondition() == Condition.CONDITION_SERVING)) {
        return;
      }
      if (System.nanoTime() > end) {
        fail("%s has not %d replicas that serve:%n%s", stage, count, replicas);
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  private static void awaitProcesses(RunFolder run, int count) throws Exception {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (run.recorded().orElseThrow().services().size() != count) {
      assertThat(System.nanoTime()).as("%s", run.recorded()).isLessThan(end);
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }
}
