// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import inference.GRPCInferenceServiceGrpc;
import inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import inference.GrpcPredictV2;
import inference.GrpcPredictV2.InferParameter;
import inference.GrpcPredictV2.InferTensorContents;
import inference.GrpcPredictV2.ModelInferRequest;
import inference.GrpcPredictV2.ModelInferRequest.InferInputTensor;
import inference.GrpcPredictV2.ModelInferResponse;
import inference.GrpcPredictV2.ModelMetadataRequest;
import inference.GrpcPredictV2.ModelMetadataResponse;
import inference.GrpcPredictV2.ModelReadyRequest;
import inference.GrpcPredictV2.ServerLiveRequest;
import inference.GrpcPredictV2.ServerMetadataRequest;
import inference.GrpcPredictV2.ServerReadyRequest;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.owlmesh.launcher.Health;
import io.owlmesh.proto.abstractor.v1.ResampleRequest;
import io.owlmesh.proto.abstractor.v1.ResampleResponse;
import io.owlmesh.proto.abstractor.v1.VisualAbstractorGrpc;
import io.owlmesh.proto.tensor.v1.Tensor;
import io.owlmesh.proto.vision.v1.EncodeRequest;
import io.owlmesh.proto.vision.v1.EncodeResponse;
import io.owlmesh.proto.vision.v1.VisionEncoderGrpc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The stages as a client knows them that was generated from the published protocol, by others, and
 * has never heard of this mesh.
 */
@Timeout(180)
class OpenInferenceTest {
  private static Processes mesh;
  private static ManagedChannel vision;
  private static ManagedChannel abstractor;

  @BeforeAll
  static void start(@TempDir Path logs) throws Exception {
    mesh = Processes.mesh(logs, Processes.TINY_CHECKPOINT, Map.of());
    for (String stage : List.of("vision", "abstractor")) {
      mesh.start(stage, Map.of());
    }
    for (String stage : List.of("vision", "abstractor")) {
      mesh.await(stage, Health.SERVING);
    }
    vision = mesh.connect("vision");
    abstractor = mesh.connect("abstractor");
  }

  @AfterAll
  static void stop() {
    vision.shutdownNow();
    abstractor.shutdownNow();
    mesh.close();
  }

  private static GRPCInferenceServiceBlockingStub stub(Channel channel) {
    return GRPCInferenceServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  private static ByteString picture() throws IOException {
    return ByteString.copyFrom(Files.readAllBytes(Processes.TINY.resolve("images/photo-a.jpg")));
  }

  private static ModelInferResponse encode(Channel channel, ByteString... images) {
    return stub(channel)
        .modelInfer(
            ModelInferRequest.newBuilder()
                .setModelName("vision")
                .setId("a picture")
                .addInputs(
                    InferInputTensor.newBuilder()
                        .setName("image")
                        .setDatatype("BYTES")
                        .addShape(images.length)
                        .setContents(
                            InferTensorContents.newBuilder().addAllBytesContents(List.of(images))))
                .build());
  }

  /** Hands on what the encoder answered, as one who reads no more than names, types and shapes. */
  private static ModelInferRequest.Builder resample(ModelInferResponse encoded) {
    ModelInferResponse.InferOutputTensor features = encoded.getOutputs(0);
    return ModelInferRequest.newBuilder()
        .setModelName("abstractor")
        .addInputs(
            InferInputTensor.newBuilder()
                .setName(features.getName())
                .setDatatype(features.getDatatype())
                .addAllShape(features.getShapeList()))
        .addRawInputContents(encoded.getRawOutputContents(0));
  }

  @Test
  void aPictureBecomesVisualTokensAsByTheMeshesOwnCalls() throws Exception {
    ModelInferResponse features = encode(vision, picture());
    ModelInferResponse tokens = stub(abstractor).modelInfer(resample(features).build());

    Tensor own =
        this.<EncodeRequest, EncodeResponse>one(
                VisionEncoderGrpc.newStub(vision)::encode,
                EncodeRequest.newBuilder().setId("a").setImage(picture()).build())
            .getFeatures();
    Tensor ownTokens =
        this.<ResampleRequest, ResampleResponse>one(
                VisualAbstractorGrpc.newStub(abstractor)::resample,
                ResampleRequest.newBuilder().setId("a").setFeatures(own).build())
            .getVisualTokens();
    assertThat(features.getId()).isEqualTo("a picture");
    assertThat(features.getOutputs(0).getShapeList()).containsExactly(1L, 17L, 32L);
    assertThat(features.getRawOutputContents(0)).isEqualTo(own.getData());
    assertThat(features.getParametersOrThrow("vision_digest").getStringParam())
        .isEqualTo(own.getLineage().getVisionDigest());
    assertThat(tokens.getOutputs(0).getName()).isEqualTo("visual_tokens");
    assertThat(tokens.getOutputs(0).getShapeList()).containsExactly(1L, 7L, 64L);
    assertThat(tokens.getRawOutputContents(0)).isEqualTo(ownTokens.getData());
    assertThat(tokens.getParametersOrThrow("abstractor_digest").getStringParam())
        .isEqualTo(ownTokens.getLineage().getAbstractorDigest());
  }

  /** Sends one item on a stream and waits for its answer. */
  private <Q, R> R one(Function<StreamObserver<R>, StreamObserver<Q>> call, Q request) {
    CompletableFuture<R> answer = new CompletableFuture<>();
    StreamObserver<Q> requests =
        call.apply(
            new StreamObserver<>() {
              @Override
              public void onNext(R response) {
                answer.complete(response);
              }

              @Override
              public void onError(Throwable failure) {
                answer.completeExceptionally(failure);
              }

              @Override
              public void onCompleted() {}
            });
    requests.onNext(request);
    requests.onCompleted();
    return answer.orTimeout(60, TimeUnit.SECONDS).join();
  }

  @Test
  void theEncodersParametersPassTheAbstractorsCheckAndOthersDoNot() throws Exception {
    ModelInferResponse features = encode(vision, picture(), picture());
    ModelInferRequest.Builder right =
        resample(features).putAllParameters(features.getParametersMap());
    ModelInferRequest.Builder wrong =
        resample(features)
            .putParameters(
                "vision_digest",
                InferParameter.newBuilder().setStringParam("0".repeat(64)).build());

    ModelInferResponse tokens = stub(abstractor).modelInfer(right.build());
    Throwable refused = catchThrowable(() -> stub(abstractor).modelInfer(wrong.build()));

    assertThat(tokens.getOutputs(0).getShapeList()).containsExactly(2L, 7L, 64L);
    assertThat(tokens.getParametersMap()).containsKeys("vision_digest", "abstractor_digest");
    assertThat(Status.fromThrowable(refused).getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
  }

  @ParameterizedTest
  @CsvSource({
    "vision, vision, image, BYTES, features",
    "vision, vision_pixels, pixel_values, FP32, features",
    "abstractor, abstractor, features, FP32, visual_tokens"
  })
  void aStageIsLiveReadyAndDescribed(
      String stage, String model, String input, String datatype, String output) {
    var stub = stub(stage.equals("vision") ? vision : abstractor);
    var server = stub.serverMetadata(ServerMetadataRequest.getDefaultInstance());
    ModelMetadataResponse metadata =
        stub.modelMetadata(ModelMetadataRequest.newBuilder().setName(model).build());

    assertThat(stub.serverLive(ServerLiveRequest.getDefaultInstance()).getLive()).isTrue();
    assertThat(stub.serverReady(ServerReadyRequest.getDefaultInstance()).getReady()).isTrue();
    assertThat(
            stub.modelReady(
                    ModelReadyRequest.newBuilder()
                        .setName(model)
                        .setVersion(metadata.getVersions(0))
                        .build())
                .getReady())
        .isTrue();
    assertThat(server.getName()).isEqualTo("owlmesh-" + stage);
    assertThat(server.getVersion()).matches("[0-9]+[.][0-9]+[.][0-9]+.*");
    assertThat(metadata.getInputs(0).getName()).isEqualTo(input);
    assertThat(metadata.getInputs(0).getDatatype()).isEqualTo(datatype);
    assertThat(metadata.getInputs(0).getShape(0)).isEqualTo(-1);
    assertThat(metadata.getOutputs(0).getName()).isEqualTo(output);
  }

  @Test
  void whatIsNoPictureIsRefused() {
    Throwable refused =
        catchThrowable(() -> encode(vision, ByteString.copyFromUtf8("no picture at all")));

    assertThat(Status.fromThrowable(refused).getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(Status.fromThrowable(refused).getDescription())
        .startsWith("inputs[0].contents.bytes_contents[0]: ");
  }

  @Test
  void oneProcessServesAllModelsWithTheSameNumbers(@TempDir Path logs) throws Exception {
    try (Processes fused = Processes.fused(logs, Processes.TINY_CHECKPOINT, Map.of()).start()) {
      ManagedChannel all = fused.connect("fused");
      ModelInferResponse features = encode(all, picture());
      ModelInferResponse tokens = stub(all).modelInfer(resample(features).build());
      var server = stub(all).serverMetadata(ServerMetadataRequest.getDefaultInstance());
      all.shutdownNow();

      assertThat(server.getName()).isEqualTo("owlmesh");
      assertThat(features.getRawOutputContents(0))
          .isEqualTo(encode(vision, picture()).getRawOutputContents(0));
      assertThat(tokens.getRawOutputContents(0))
          .isEqualTo(
              stub(abstractor).modelInfer(resample(features).build()).getRawOutputContents(0));
    }
  }

  static Stream<Descriptor> published() {
    return GrpcPredictV2.getDescriptor().getMessageTypes().stream()
        .flatMap(message -> Stream.concat(Stream.of(message), message.getNestedTypes().stream()));
  }

  @ParameterizedTest
  @MethodSource("published")
  void everyPublishedMessageIsTheSameOnTheWire(Descriptor theirs) {
    Descriptor ours =
        io.owlmesh.proto.inference.ModelInferRequest.getDescriptor()
            .getFile()
            .getMessageTypes()
            .stream()
            .flatMap(m -> Stream.concat(Stream.of(m), m.getNestedTypes().stream()))
            .filter(m -> m.getFullName().equals(theirs.getFullName()))
            .findFirst()
            .orElseThrow();

    // A later edition of the protocol has two more kinds of parameters.
    assertThat(ours.getFields().stream().map(OpenInferenceTest::wire).toList())
        .containsAll(theirs.getFields().stream().map(OpenInferenceTest::wire).toList());
  }

  private static String wire(FieldDescriptor field) {
    String type =
        field.getJavaType() == JavaType.MESSAGE
            ? field.getMessageType().getFullName()
            : field.getType().name();
    return "%d %s %s%s"
        .formatted(field.getNumber(), field.getName(), field.isRepeated() ? "repeated " : "", type);
  }
}
