// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.owlmesh.core.DType;
import io.owlmesh.launcher.Health;
import io.owlmesh.meshtests.Traces.Exported;
import io.owlmesh.model.random.Preset;
import io.owlmesh.model.random.RandomCheckpoint;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import io.owlmesh.proto.chat.v1.Conversation;
import io.owlmesh.proto.chat.v1.ImageHeader;
import io.owlmesh.proto.chat.v1.Role;
import io.owlmesh.proto.chat.v1.Turn;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What breaks off: callers, deadlines and whole stages. The model's answers are long and slow. */
class InterruptionsTest {
  private static Traces traces;
  private static Processes mesh;
  private static ManagedChannel door;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    Path checkpoint = folder.resolve("nano");
    RandomCheckpoint.write(Preset.NANO, checkpoint, DType.FLOAT32, 1, (_, _) -> {});
    traces = new Traces();
    mesh = Processes.mesh(folder, checkpoint, traces.settings()).start();
    door = mesh.connect("orchestrator");
  }

  @AfterAll
  static void stop() throws Exception {
    door.shutdownNow();
    mesh.close();
    traces.close();
  }

  private static ByteString photo() throws IOException {
    return Dialogues.image("photo-a.jpg");
  }

  private static Conversation question(int newTokens) throws IOException {
    return Conversation.newBuilder()
        .addTurns(
            Turn.newBuilder()
                .setRole(Role.ROLE_HUMAN)
                .setText("What is this?")
                .addImages(ImageHeader.newBuilder().setSizeBytes(photo().size())))
        .setOptions(AnswerOptions.newBuilder().setMaxNewTokens(newTokens))
        .build();
  }

  private static AnswerCaller ask() throws IOException {
    return AnswerCaller.ask(door, question(3), List.of(photo()));
  }

  private static String statusOf(String span, String traceId) throws Exception {
    Map<String, Exported> spans = traces.await(traceId, Set.of(span));
    return Objects.requireNonNull(spans.get(span)).span().getStatus().getMessage();
  }

  @Test
  void anAbandonedAnswerEndsInEveryStage() throws Exception {
    String id = "5bf92f3577b34da6a3ce929d0e0e4736";
    AnswerCaller caller = AnswerCaller.open(door, 60_000, "00-" + id + "-00f067aa0ba902b7-01");
    caller.send(question(1_900), List.of(photo()));
    caller.awaitText();

    caller.cancel();

    assertThat(caller.status().getCode()).isEqualTo(Status.Code.CANCELLED);
    assertThat(statusOf("owl.answer", id)).isEqualTo("CANCELLED");
    assertThat(statusOf("llm.generate", id)).isEqualTo("CANCELLED");
    assertThat(ask().status().getCode()).isEqualTo(Status.Code.OK);
  }

  @Test
  void aPassedDeadlineEndsTheAnswerInEveryStage() throws Exception {
    String id = "6bf92f3577b34da6a3ce929d0e0e4736";
    AnswerCaller caller = AnswerCaller.open(door, 500, "00-" + id + "-00f067aa0ba902b7-01");

    caller.send(question(1_900), List.of(photo()));

    assertThat(caller.status().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(statusOf("owl.answer", id)).isIn("DEADLINE_EXCEEDED", "CANCELLED");
    assertThat(statusOf("llm.generate", id)).isIn("DEADLINE_EXCEEDED", "CANCELLED");
    assertThat(ask().status().getCode()).isEqualTo(Status.Code.OK);
  }

  @Test
  void manyAbandonedAnswersLeaveNoWorkBehind() throws Exception {
    for (int i = 0; i < 100; i++) {
      AnswerCaller caller =
          AnswerCaller.open(door, 60_000, "00-" + "1".repeat(32) + "-" + "2".repeat(16) + "-00");
      caller.send(question(1_900), List.of(photo()));
      caller.cancel();
      assertThat(caller.status().getCode()).isEqualTo(Status.Code.CANCELLED);
    }

    // More than the front door and the stages together have places.
    assertThat(ask().status().getCode()).isEqualTo(Status.Code.OK);
  }

  @ParameterizedTest
  @ValueSource(strings = {"vision", "abstractor", "llm"})
  void aKilledStageIsNamedAndTheMeshRecoversWithIt(String stage) throws Exception {
    assertThat(ask().status().getCode()).isEqualTo(Status.Code.OK);

    mesh.kill(stage);

    // Until it is noticed, a picture that the language model holds needs no other stage.
    mesh.await("orchestrator", Health.NOT_SERVING);
    Status status = ask().status();
    assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(status.getDescription()).contains(stage);

    mesh.start(stage, Map.of());
    mesh.await("orchestrator", Health.SERVING);
    assertThat(ask().status().getCode()).isEqualTo(Status.Code.OK);
  }

  @Test
  void aStageThatDiesDuringAnAnswerFailsItAndNothingElse() throws Exception {
    AnswerCaller caller =
        AnswerCaller.open(door, 60_000, "00-" + "1".repeat(32) + "-" + "2".repeat(16) + "-00");
    caller.send(question(1_900), List.of(photo()));
    caller.awaitText();

    mesh.kill("llm");

    assertThat(caller.status().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(caller.status().getDescription()).contains("llm");
    mesh.start("llm", Map.of());
    mesh.await("orchestrator", Health.NOT_SERVING);
    mesh.await("orchestrator", Health.SERVING);
    assertThat(ask().status().getCode()).isEqualTo(Status.Code.OK);
  }
}
