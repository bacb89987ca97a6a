// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import com.google.rpc.RetryInfo;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.StatusProto;
import io.owlmesh.model.OwlException;
import io.owlmesh.proto.inference.GRPCInferenceServiceGrpc;
import io.owlmesh.proto.inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import io.owlmesh.proto.inference.InferParameter;
import io.owlmesh.proto.inference.InferTensorContents;
import io.owlmesh.proto.inference.ModelInferRequest;
import io.owlmesh.proto.inference.ModelInferRequest.InferInputTensor;
import io.owlmesh.proto.inference.ModelInferRequest.InferRequestedOutputTensor;
import io.owlmesh.proto.inference.ModelInferResponse;
import io.owlmesh.proto.inference.ModelMetadataRequest;
import io.owlmesh.proto.inference.ModelMetadataResponse;
import io.owlmesh.proto.inference.ModelReadyRequest;
import io.owlmesh.proto.inference.ModelStatistics;
import io.owlmesh.proto.inference.ModelStatisticsRequest;
import io.owlmesh.proto.inference.ServerLiveRequest;
import io.owlmesh.proto.inference.ServerMetadataRequest;
import io.owlmesh.proto.inference.ServerReadyRequest;
import io.owlmesh.wire.Wire;
import io.owlmesh.wire.inference.HandModel.Image;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The protocol over a socket, before a model whose images end when the test says so. */
@Timeout(60)
class InferenceServiceTest {
  private static final String VERSION = "0123456789ab";

  private final HandModel model = new HandModel();

  @SuppressWarnings("NullAway.Init")
  private Server server;

  @SuppressWarnings("NullAway.Init")
  private ManagedChannel channel;

  private static final class Service extends InferenceService {
    Service(ServedModel model) {
      super("test", "1.2.3", List.of(model));
    }
  }

  @BeforeEach
  void start() throws Exception {
    server =
        Wire.tune(
                NettyServerBuilder.forAddress(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)))
            .addService(new Service(model))
            .build()
            .start();
    channel = Wire.channel("127.0.0.1", server.getPort()).build();
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    server.shutdownNow();
  }

  private GRPCInferenceServiceBlockingStub stub() {
    return GRPCInferenceServiceGrpc.newBlockingStub(channel);
  }

  private ListenableFuture<ModelInferResponse> infer(ModelInferRequest.Builder request) {
    return GRPCInferenceServiceGrpc.newFutureStub(channel)
        .withDeadlineAfter(30, TimeUnit.SECONDS)
        .modelInfer(request.build());
  }

  private static ModelInferRequest.Builder request(float... images) {
    InferTensorContents.Builder contents = InferTensorContents.newBuilder();
    for (float image : images) {
      contents.addFp32Contents(image);
    }
    return ModelInferRequest.newBuilder()
        .setModelName("hand")
        .addInputs(
            InferInputTensor.newBuilder()
                .setName("x")
                .setDatatype("FP32")
                .addShape(images.length)
                .addShape(1)
                .setContents(contents));
  }

  private static Status status(ListenableFuture<?> call) {
    return Status.fromThrowable(
        catchThrowable(() -> {
          try {
            call.get();
          } catch (ExecutionException e) {
            throw e.getCause();
          }
        }));
  }

  /** A caller who goes away does not see its call being counted. */
  private ModelStatistics statistics(long success, long fail) throws InterruptedException {
    ModelStatistics statistics;
    do {
      TimeUnit.MILLISECONDS.sleep(5);
      statistics =
          stub().modelStatistics(ModelStatisticsRequest.getDefaultInstance()).getModelStats(0);
    } while (statistics.getInferenceStats().getSuccess().getCount() < success
        || statistics.getInferenceStats().getFail().getCount() < fail);
    return statistics;
  }

  @Test
  void imagesAreAnsweredInTheirOrderHoweverTheyEnd() throws Exception {
    var call =
        infer(
            request(1, 2, 3)
                .setId("mine")
                .setModelVersion(VERSION)
                .putParameters("text", InferParameter.newBuilder().setStringParam("a").build())
                .putParameters("number", InferParameter.newBuilder().setInt64Param(1).build())
                .addOutputs(InferRequestedOutputTensor.newBuilder().setName("y")));
    Image first = model.next();
    Image second = model.next();
    model.next().complete(1, 2);
    second.complete(1, 2);
    first.complete(2, 1);

    ModelInferResponse response = call.get();

    assertThat(response.getModelName()).isEqualTo("hand");
    assertThat(response.getModelVersion()).isEqualTo(VERSION);
    assertThat(response.getId()).isEqualTo("mine");
    assertThat(response.getOutputs(0).getName()).isEqualTo("y");
    assertThat(response.getOutputs(0).getDatatype()).isEqualTo("FP32");
    assertThat(response.getOutputs(0).getShapeList()).containsExactly(3L, 1L);
    assertThat(response.getOutputs(0).hasContents()).isFalse();
    assertThat(response.getRawOutputContentsList())
        .containsExactly(
            ByteString.copyFrom(
                new byte[] {0, 0, (byte) 0x80, 0x3f, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40}));
    assertThat(response.getParametersOrThrow("hand_digest").getStringParam())
        .isEqualTo(model.digest());
    assertThat(response.getParametersOrThrow("claimed").getStringParam()).isEqualTo("[text]");
  }

  @Test
  void aWrongImageEndsTheCallUnderItsPlaceAndGivesTheOthersUp() throws Exception {
    var call = infer(request(1, 2, 3));
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

    var call = infer(request(1, 2));

    assertThat(status(call).getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(model.next().result()).isCancelled();
  }

  @Test
  void whoGoesAwayGivesItsImagesUpAndItsRoomBack() throws Exception {
    var call = infer(request(1, 2, 3, 4));
    List<Image> images = List.of(model.next(), model.next(), model.next(), model.next());
    var tooMany = infer(request(5));
    assertThat(status(tooMany).getDescription()).contains("4 have room");
    call.cancel(true);
    for (Image image : images) {
      assertThat(catchThrowable(image.result()::get)).isNotNull();
    }

    assertThat(images).allMatch(image -> image.result().isCancelled());
    assertThat(statistics(0, 2).getInferenceStats().getFail().getCount()).isEqualTo(2);
    var next = infer(request(6, 7, 8, 9));
    for (int i = 0; i < 4; i++) {
      model.next().complete(1, 4);
    }
    assertThat(next.get().getOutputs(0).getShape(0)).isEqualTo(4);
  }

  @Test
  void aCallerIsToldWhenToTryAgain() throws Exception {
    infer(request(1, 2, 3, 4));
    model.next();
    Throwable refused = catchThrowable(() -> stub().modelInfer(request(5).build()));

    assertThat(Status.fromThrowable(refused).getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    com.google.rpc.Status details = Objects.requireNonNull(StatusProto.fromThrowable(refused));
    assertThat(details.getDetailsList()).anyMatch(detail -> detail.is(RetryInfo.class));
  }

  @Test
  void anExpiredDeadlineGivesTheImagesUp() throws Exception {
    var call =
        GRPCInferenceServiceGrpc.newFutureStub(channel)
            .withDeadlineAfter(3, TimeUnit.SECONDS)
            .modelInfer(request(1).build());
    Image image = model.next();

    assertThat(status(call).getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(catchThrowable(image.result()::get)).isNotNull();
    assertThat(image.result()).isCancelled();
  }

  @Test
  void aDefectIsNotExplainedToCallers() throws Exception {
    var call = infer(request(1));
    model.next().result().completeExceptionally(new IllegalStateException("secret"));

    Status status = status(call);

    assertThat(status.getCode()).isEqualTo(Status.Code.INTERNAL);
    assertThat(status.getDescription()).doesNotContain("secret");
  }

  @Test
  void namesThatAreNotServedAreNotFound() {
    var unknown = infer(request(1).setModelName("foot"));
    var old = infer(request(1).setModelVersion("1"));
    Throwable metadata =
        catchThrowable(
            () -> stub().modelMetadata(ModelMetadataRequest.newBuilder().setName("foot").build()));
    Throwable ready =
        catchThrowable(() ->
            stub()
                .modelReady(
                    ModelReadyRequest.newBuilder().setName("hand").setVersion("1").build()));

    assertThat(status(unknown).getCode()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(status(unknown).getDescription()).startsWith("model_name: 'foot'").contains("hand");
    assertThat(status(old).getCode()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(status(old).getDescription()).startsWith("model_version: '1'").contains(VERSION);
    assertThat(Status.fromThrowable(metadata).getCode()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(Status.fromThrowable(ready).getCode()).isEqualTo(Status.Code.NOT_FOUND);
  }

  @Test
  void outputsAndIdsThatCannotBeGivenAreRefusedByName() {
    InferParameter yes = InferParameter.newBuilder().setInt64Param(3).build();
    var another = infer(request(1).addOutputs(output("y")).addOutputs(output("z")));
    var classes = infer(request(1).addOutputs(output("y").putParameters("classification", yes)));
    var id = infer(request(1).setId("i".repeat(129)));

    assertThat(status(another).getDescription()).startsWith("outputs[1].name: 'z'").contains("y");
    assertThat(status(classes).getDescription()).startsWith("outputs[0].parameters.classification");
    assertThat(status(id).getDescription()).startsWith("id: 129");
    assertThat(List.of(status(another), status(classes), status(id)))
        .allMatch(status -> status.getCode() == Status.Code.INVALID_ARGUMENT);
  }

  private static InferRequestedOutputTensor.Builder output(String name) {
    return InferRequestedOutputTensor.newBuilder().setName(name);
  }

  @Test
  void aServerThatLoadsIsLiveAndNotReady() {
    model.loading = true;
    ModelReadyRequest hand = ModelReadyRequest.newBuilder().setName("hand").build();

    assertThat(stub().serverLive(ServerLiveRequest.getDefaultInstance()).getLive()).isTrue();
    assertThat(stub().serverReady(ServerReadyRequest.getDefaultInstance()).getReady()).isFalse();
    assertThat(stub().modelReady(hand).getReady()).isFalse();
    assertThat(status(infer(request(1))).getCode()).isEqualTo(Status.Code.UNAVAILABLE);

    model.loading = false;

    assertThat(stub().serverReady(ServerReadyRequest.getDefaultInstance()).getReady()).isTrue();
    assertThat(stub().modelReady(hand).getReady()).isTrue();
  }

  @Test
  void metadataNamesServerAndTensors() {
    var server = stub().serverMetadata(ServerMetadataRequest.getDefaultInstance());
    ModelMetadataResponse hand =
        stub().modelMetadata(ModelMetadataRequest.newBuilder().setName("hand").build());

    assertThat(server.getName()).isEqualTo("test");
    assertThat(server.getVersion()).isEqualTo("1.2.3");
    assertThat(server.getExtensionsList()).containsExactly("statistics");
    assertThat(hand.getVersionsList()).containsExactly(VERSION);
    assertThat(hand.getPlatform()).isEqualTo("djl_pytorch");
    assertThat(hand.getInputsList()).containsExactly(model.input().toProto());
    assertThat(hand.getOutputs(0).getShapeList()).containsExactly(-1L, 1L);
  }

  @Test
  void statisticsCountImagesBatchesAndPhases() throws Exception {
    var pair = infer(request(1, 2));
    model.next().complete(1, 3);
    model.next().complete(2, 1);
    pair.get();
    var single = infer(request(3));
    model.next().complete(1, 3);
    single.get();
    status(infer(request(4).setId("i".repeat(129))));

    ModelStatistics statistics = statistics(2, 1);

    assertThat(statistics.getName()).isEqualTo("hand");
    assertThat(statistics.getVersion()).isEqualTo(VERSION);
    assertThat(statistics.getInferenceCount()).isEqualTo(3);
    assertThat(statistics.getExecutionCount()).isEqualTo(2);
    assertThat(statistics.getLastInference()).isPositive();
    var phases = statistics.getInferenceStats();
    assertThat(phases.getSuccess().getCount()).isEqualTo(2);
    assertThat(phases.getSuccess().getNs()).isPositive();
    assertThat(phases.getFail().getCount()).isEqualTo(1);
    assertThat(phases.getQueue().getNs()).isEqualTo(2 * 10);
    assertThat(phases.getComputeInput().getNs()).isGreaterThan(2 * 20);
    assertThat(phases.getComputeInfer().getNs()).isEqualTo(2 * 30);
    assertThat(phases.getComputeOutput().getCount()).isEqualTo(2);
    assertThat(statistics.getBatchStatsList())
        .extracting(batch -> batch.getBatchSize() + ":" + batch.getComputeInfer().getCount())
        .containsExactly("1:1", "3:1");
  }
}
