// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.owlmesh.core.DType;
import io.owlmesh.launcher.Health;
import io.owlmesh.model.random.Preset;
import io.owlmesh.model.random.RandomCheckpoint;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import io.owlmesh.proto.chat.v1.Conversation;
import io.owlmesh.proto.chat.v1.Role;
import io.owlmesh.proto.chat.v1.Turn;
import io.owlmesh.proto.llm.v1.DescribeRequest;
import io.owlmesh.proto.llm.v1.GenerateRequest;
import io.owlmesh.proto.llm.v1.GenerateResponse;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.proto.llm.v1.PromptPart;
import io.owlmesh.proto.stage.v1.ReplicaState;
import io.owlmesh.proto.stage.v1.WatchRequest;
import io.owlmesh.proto.stage.v1.WatchResponse;
import io.owlmesh.proto.vision.v1.VisionEncoderGrpc;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stages that are asked to end while they work. */
class DrainTest {
  private static final int TERMINATED = 143;
  // Longer than a test waits for the end of a process.
  private static final Map<String, String> PATIENT = Map.of("OWL_DRAIN_TIMEOUT", "10M");

  private static final String TRACE = "00-" + "1".repeat(32) + "-" + "2".repeat(16) + "-00";

  @TempDir Path folder;
  private Processes mesh;

  @BeforeEach
  void plan() throws Exception {
    Path checkpoint = folder.resolve("nano");
    RandomCheckpoint.write(Preset.NANO, checkpoint, DType.FLOAT32, 1, (_, _) -> {});
    mesh = Processes.mesh(folder, checkpoint, Map.of());
  }

  @AfterEach
  void stop() throws Exception {
    mesh.close();
  }

  /** An answer under way. */
  private static final class Answer implements StreamObserver<GenerateResponse> {
    final AtomicInteger tokens = new AtomicInteger();
    final CompletableFuture<Void> began = new CompletableFuture<>();
    final CompletableFuture<Status> end = new CompletableFuture<>();

    Answer(ManagedChannel llm, int maxTokens) {
      var requests = LanguageModelGrpc.newStub(llm).generate(this);
      PromptPart prompt = PromptPart.newBuilder().setText("Human: what?\nAI: ").build();
      requests.onNext(GenerateRequest.newBuilder().setPart(prompt).build());
      requests.onNext(
          GenerateRequest.newBuilder()
              .setOptions(
                  GenerationOptions.newBuilder()
                      .setMaxNewTokens(maxTokens)
                      .setMinNewTokens(maxTokens))
              .build());
      requests.onCompleted();
    }

    @Override
    public void onNext(GenerateResponse response) {
      if (response.hasToken()) {
        tokens.incrementAndGet();
        began.complete(null);
      }
    }

    @Override
    public void onError(Throwable failure) {
      began.completeExceptionally(failure);
      end.complete(Status.fromThrowable(failure));
    }

    @Override
    public void onCompleted() {
      end.complete(Status.OK);
    }

    Status status() throws Exception {
      return end.get(60, TimeUnit.SECONDS);
    }
  }

  private static void awaitDraining(Iterator<WatchResponse> reports) {
    ReplicaState state = reports.next().getState();
    while (state != ReplicaState.REPLICA_STATE_DRAINING) {
      state = reports.next().getState();
    }
  }

  @Test
  void anAnswerThatRunsEndsWellAndNothingNewBegins() throws Exception {
    mesh.start("llm", PATIENT);
    mesh.await("llm", Health.SERVING);
    ManagedChannel llm = mesh.connect("llm");
    var blocking = LanguageModelGrpc.newBlockingStub(llm).withDeadlineAfter(60, TimeUnit.SECONDS);
    Iterator<WatchResponse> reports = blocking.watch(WatchRequest.getDefaultInstance());
    Answer running = new Answer(llm, 1_900);
    running.began.get(60, TimeUnit.SECONDS);

    mesh.terminate("llm");
    awaitDraining(reports);
    Status refused = new Answer(llm, 1).status();
    mesh.await("llm", Health.NOT_SERVING);
    int context = blocking.describe(DescribeRequest.getDefaultInstance()).getContext();

    assertThat(running.end).isNotDone();
    assertThat(refused.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(refused.getDescription()).startsWith("draining");
    assertThat(context).isPositive();
    assertThat(running.status().getCode()).isEqualTo(Status.Code.OK);
    assertThat(running.tokens).hasValue(1_900);
    assertThat(mesh.awaitExit("llm")).isEqualTo(TERMINATED);
    llm.shutdownNow();
  }

  @Test
  void anAnswerThatTakesTooLongIsEndedWithItsReason() throws Exception {
    mesh.start("llm", Map.of("OWL_DRAIN_TIMEOUT", "0.05S"));
    mesh.await("llm", Health.SERVING);
    ManagedChannel llm = mesh.connect("llm");
    Answer running = new Answer(llm, 1_900);
    running.began.get(60, TimeUnit.SECONDS);

    mesh.terminate("llm");

    assertThat(running.status().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(running.status().getDescription()).startsWith("draining");
    assertThat(mesh.awaitExit("llm")).isEqualTo(TERMINATED);
    llm.shutdownNow();
  }

  @Test
  void aStageWithoutWorkDoesNotWaitForThoseWhoWatchIt() throws Exception {
    mesh.start("vision", PATIENT);
    mesh.await("vision", Health.SERVING);
    ManagedChannel vision = mesh.connect("vision");
    Iterator<WatchResponse> reports =
        VisionEncoderGrpc.newBlockingStub(vision)
            .withDeadlineAfter(60, TimeUnit.SECONDS)
            .watch(WatchRequest.getDefaultInstance());
    assertThat(reports.next().getState()).isEqualTo(ReplicaState.REPLICA_STATE_SERVING);

    mesh.terminate("vision");

    awaitDraining(reports);
    assertThat(mesh.awaitExit("vision")).isEqualTo(TERMINATED);
    vision.shutdownNow();
  }

  @Test
  void oneProcessEndsTheAnswersThatItHasAndRefusesNewOnesAtItsDoor() throws Exception {
    Conversation question =
        Conversation.newBuilder()
            .addTurns(Turn.newBuilder().setRole(Role.ROLE_HUMAN).setText("What?"))
            .setOptions(AnswerOptions.newBuilder().setMaxNewTokens(1_500).setMinNewTokens(1_500))
            .build();
    try (Processes fused = Processes.fused(folder, folder.resolve("nano"), PATIENT).start()) {
      ManagedChannel door = fused.connect("fused");
      AnswerCaller running = AnswerCaller.open(door, 60_000, TRACE);
      running.send(question, List.of());
      running.awaitText();

      fused.terminate("fused");
      fused.await("fused", Health.NOT_SERVING);
      AnswerCaller late = AnswerCaller.ask(door, question, List.of());

      assertThat(late.status().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(late.status().getDescription()).startsWith("draining");
      assertThat(running.status().isOk()).isTrue();
      assertThat(running.done().getCompletionTokens()).isEqualTo(1_500);
      assertThat(fused.awaitExit("fused")).isEqualTo(TERMINATED);
      door.shutdownNow();
    }
  }
}
