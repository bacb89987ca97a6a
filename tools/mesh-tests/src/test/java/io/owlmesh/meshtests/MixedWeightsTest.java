// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.owlmesh.core.DType;
import io.owlmesh.launcher.Health;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.checkpoint.Part;
import io.owlmesh.model.checkpoint.WeightsDigest;
import io.owlmesh.model.random.Preset;
import io.owlmesh.model.random.RandomCheckpoint;
import io.owlmesh.proto.chat.v1.Conversation;
import io.owlmesh.proto.chat.v1.Role;
import io.owlmesh.proto.chat.v1.Turn;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Meshes that must not answer. */
class MixedWeightsTest {
  private static final Conversation QUESTION =
      Conversation.newBuilder()
          .addTurns(Turn.newBuilder().setRole(Role.ROLE_HUMAN).setText("Who?"))
          .build();

  private static Path nano(Path folder, long seed) throws Exception {
    Path checkpoint = folder.resolve("nano-" + seed);
    RandomCheckpoint.write(Preset.NANO, checkpoint, DType.FLOAT32, seed, (_, _) -> {});
    return checkpoint;
  }

  @Test
  void stagesOfDifferentCheckpointsDoNotAnswerAndBothDigestsAreNamed(@TempDir Path folder)
      throws Exception {
    Path ours = nano(folder, 1);
    Path other = nano(folder, 2);
    try (Processes mesh = Processes.mesh(folder, ours, Map.of())) {
      mesh.start("vision", Map.of("OWL_CHECKPOINT", other.toString()));
      mesh.start("abstractor", Map.of());
      mesh.start("llm", Map.of());
      mesh.start("orchestrator", Map.of());
      for (String stage : List.of("vision", "abstractor", "llm")) {
        mesh.await(stage, Health.SERVING);
      }
      ManagedChannel door = mesh.connect("orchestrator");
      Status status = askUntilTheMeshIsKnown(door);
      door.shutdownNow();

      assertThat(status.getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
      assertThat(status.getDescription())
          .contains(
              WeightsDigest.of(Checkpoint.open(ours), Part.VISION),
              WeightsDigest.of(Checkpoint.open(other), Part.VISION));
      mesh.await("orchestrator", Health.NOT_SERVING);
    }
  }

  /** Until the front door has heard from all stages, it is unavailable. */
  private static Status askUntilTheMeshIsKnown(ManagedChannel door) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    Status status;
    do {
      TimeUnit.MILLISECONDS.sleep(100);
      status = AnswerCaller.ask(door, QUESTION, List.of()).status();
    } while (status.getCode() == Status.Code.UNAVAILABLE && System.nanoTime() < end);
    return status;
  }

  @Test
  void aServiceOfADamagedCheckpointEndsAndSaysWhatIsMissing(@TempDir Path folder) throws Exception {
    Path checkpoint = folder.resolve("sharded");
    copy(Processes.TINY.resolve("checkpoints/safetensors-sharded-bf16"), checkpoint);
    Path shard;
    try (var files = Files.list(checkpoint)) {
      shard =
          files
              .filter(f -> f.getFileName().toString().endsWith(".safetensors"))
              .sorted()
              .findFirst()
              .orElseThrow();
    }
    Files.delete(shard);
    try (Processes mesh = Processes.mesh(folder, checkpoint, Map.of())) {
      mesh.start("vision", Map.of());

      assertThat(mesh.awaitExit("vision")).isEqualTo(1);
      assertThat(mesh.logOf("vision")).contains(shard.getFileName().toString());
    }
  }

  private static void copy(Path from, Path to) throws Exception {
    Files.createDirectories(to);
    try (var files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }
}
