// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage.inference;

import static io.owlmesh.stage.inference.HandServer.request;
import static io.owlmesh.stage.inference.HandServer.status;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.rpc.RetryInfo;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.inference.GRPCInferenceServiceGrpc;
import io.owlmesh.proto.inference.ModelInferRequest;
import io.owlmesh.proto.inference.ModelInferResponse;
import io.owlmesh.stage.inference.HandModel.Image;
import io.owlmesh.stage.inference.ServedModel.Computed;
import io.owlmesh.wire.Wire;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Every end that a ModelInfer call can have, and what it leaves. */
@Timeout(60)
class InferCallTest {
  private final HandModel model = new HandModel();
  private final HandServer server = new HandServer(model);

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void aWrongImageEndsTheCallUnderItsPlaceAndGivesTheOthersUp() throws Exception {
    var call = server.infer(request(1, 2, 3));
    Image first = model.next();
    model.next().result().completeExceptionally(OwlException.badInput("image", "is no image"));

    Status status = status(call);

    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getDescription())
        .isEqualTo("inputs[0].contents.fp32_contents[1]: is no image");
    assertThat(first.result()).isCancelled();
    assertThat(model.next().result()).isCancelled();
  }

  @Test
  void whenTheQueueIsFullTheImagesBeforeAreGivenUp() throws Exception {
    model.queue = 1;

    var call = server.infer(request(1, 2));

    assertThat(status(call).getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(model.next().result()).isCancelled();
  }

  @Test
  void whoGoesAwayGivesItsImagesUpAndItsRoomBack() throws Exception {
    var call = server.infer(request(1, 2, 3, 4));
    List<Image> images = List.of(model.next(), model.next(), model.next(), model.next());
    var tooMany = server.infer(request(5));
    assertThat(status(tooMany).getDescription()).contains("4 have room");
    call.cancel(true);
    for (Image image : images) {
      assertThat(catchThrowable(image.result()::get)).isNotNull();
    }

    assertThat(images).allMatch(image -> image.result().isCancelled());
    assertThat(server.statistics(0, 2).getInferenceStats().getFail().getCount()).isEqualTo(2);
    var next = server.infer(request(6, 7, 8, 9));
    for (int i = 0; i < 4; i++) {
      model.next().complete(1, 4);
    }
    assertThat(next.get().getOutputs(0).getShape(0)).isEqualTo(4);
  }

  @Test
  void aCallerIsToldWhenToTryAgain() throws Exception {
    server.infer(request(1, 2, 3, 4));
    model.next();
    Throwable refused = catchThrowable(() -> server.stub().modelInfer(request(5).build()));

    assertThat(Status.fromThrowable(refused).getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    com.google.rpc.Status details = Objects.requireNonNull(StatusProto.fromThrowable(refused));
    assertThat(details.getDetailsList()).anyMatch(detail -> detail.is(RetryInfo.class));
  }

  @Test
  void anExpiredDeadlineGivesTheImagesUp() throws Exception {
    var call =
        GRPCInferenceServiceGrpc.newFutureStub(server.channel())
            .withDeadlineAfter(3, TimeUnit.SECONDS)
            .modelInfer(request(1).build());
    Image image = model.next();

    assertThat(status(call).getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(catchThrowable(image.result()::get)).isNotNull();
    assertThat(image.result()).isCancelled();
  }

  @Test
  void aDefectIsNotExplainedToCallers() throws Exception {
    var call = server.infer(request(1));
    model.next().result().completeExceptionally(new IllegalStateException("secret"));

    Status status = status(call);

    assertThat(status.getCode()).isEqualTo(Status.Code.INTERNAL);
    assertThat(status.getDescription()).doesNotContain("secret");
  }

  @Test
  void anAnswerThatItsCallerDoesNotTakeKeepsItsRoom() throws Exception {
    CompletableFuture<Status> end = new CompletableFuture<>();
    ClientCall<ModelInferRequest, ModelInferResponse> call =
        server
            .channel()
            .newCall(GRPCInferenceServiceGrpc.getModelInferMethod(), CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            end.complete(status);
          }
        },
        new Metadata());
    call.sendMessage(request(1).build());
    call.halfClose();
    int count = Wire.FLOW_CONTROL_WINDOW / 2;
    HostTensor large = HostTensor.ofFloats(new float[count], count);
    model.next().result().complete(new Computed(large, 0, 0, 0, 1, 1));
    model.queue = 0;

    assertThat(status(server.infer(request(2, 3, 4, 5))).getDescription()).contains("have room");

    call.request(2);
    assertThat(end.join().isOk()).isTrue();
    Status status;
    do {
      status = status(server.infer(request(2, 3, 4, 5)));
    } while (Objects.requireNonNull(status.getDescription()).contains("have room"));
    assertThat(status.getDescription()).isEqualTo("full");
  }
}
