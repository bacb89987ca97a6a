// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.owlmesh.orchestrator.pipeline.FakeMesh;
import io.owlmesh.orchestrator.store.Pictures;
import io.owlmesh.proto.chat.v1.AnswerRequest;
import io.owlmesh.proto.chat.v1.Conversation;
import io.owlmesh.proto.chat.v1.ImageHeader;
import io.owlmesh.proto.chat.v1.Role;
import io.owlmesh.proto.chat.v1.Turn;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Callers who open calls, announce much, and send nothing. */
@Timeout(60)
class SilentCallersTest {
  private static final class End<T> implements StreamObserver<T> {
    private final CompletableFuture<Status> status = new CompletableFuture<>();

    @Override
    public void onNext(T message) {}

    @Override
    public void onError(Throwable failure) {
      status.complete(Status.fromThrowable(failure));
    }

    @Override
    public void onCompleted() {
      status.complete(Status.OK);
    }

    Status get() {
      return status.orTimeout(20, TimeUnit.SECONDS).join();
    }
  }

  private static AnswerRequest question(long... imageBytes) {
    Turn.Builder turn = Turn.newBuilder().setRole(Role.ROLE_HUMAN).setText("Who?");
    for (long size : imageBytes) {
      turn.addImages(ImageHeader.newBuilder().setSizeBytes(size));
    }
    return AnswerRequest.newBuilder()
        .setConversation(Conversation.newBuilder().addTurns(turn))
        .build();
  }

  private static Status ask(GrpcDoor door) {
    End<io.owlmesh.proto.chat.v1.AnswerResponse> end = new End<>();
    var out = door.asynchronous().answer(end);
    out.onNext(question());
    out.onCompleted();
    return end.get();
  }

  @Test
  void silentCallsTakeNeitherPlacesNorRoom(@TempDir Path folder, TestInfo test) throws Exception {
    Map<String, String> few =
        Map.of(
            "owl.max-answers",
            "2",
            "owl.max-waiting-answers",
            "0",
            "owl.max-upload-bytes",
            "30000000");
    try (FakeMesh mesh = new FakeMesh(test.getDisplayName(), few);
        GrpcDoor door = new GrpcDoor(folder, mesh)) {
      for (int i = 0; i < 30; i++) {
        door.asynchronous().answer(new End<>());
        StreamObserver<AnswerRequest> announcing = door.asynchronous().answer(new End<>());
        announcing.onNext(question(20_000_000));
        var upload = door.asynchronous().uploadImage(new End<>());
        upload.onNext(GrpcDoor.header(20_000_000));
      }

      assertThat(ask(door)).isEqualTo(Status.OK);
      assertThat(door.upload(Pictures.png(1))).hasSize(64);
    }
  }

  @Test
  void aCallThatDoesNotGoOnIsEnded(@TempDir Path folder, TestInfo test) throws Exception {
    try (FakeMesh mesh =
            new FakeMesh(test.getDisplayName(), Map.of("owl.request-patience", "PT0.2S"));
        GrpcDoor door = new GrpcDoor(folder, mesh)) {
      End<io.owlmesh.proto.chat.v1.AnswerResponse> answer = new End<>();
      door.asynchronous().answer(answer);
      End<io.owlmesh.proto.chat.v1.UploadImageResponse> upload = new End<>();
      door.asynchronous().uploadImage(upload).onNext(GrpcDoor.header(20_000));

      assertThat(answer.get().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      assertThat(answer.get().getDescription()).contains("the question does not arrive");
      assertThat(upload.get().getDescription()).contains("data: does not arrive");
    }
  }
}
