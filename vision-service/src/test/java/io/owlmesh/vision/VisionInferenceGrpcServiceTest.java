// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.ByteString;
import com.google.rpc.BadRequest;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import io.owlmesh.core.HostTensor;
import io.owlmesh.model.image.ImageProcessor;
import io.owlmesh.model.image.PictureDecoder;
import io.owlmesh.model.image.codec.PictureLimits;
import io.owlmesh.proto.inference.GRPCInferenceServiceGrpc;
import io.owlmesh.proto.inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import io.owlmesh.proto.inference.InferTensorContents;
import io.owlmesh.proto.inference.ModelInferRequest;
import io.owlmesh.proto.inference.ModelInferRequest.InferInputTensor;
import io.owlmesh.proto.inference.ModelInferResponse;
import io.owlmesh.proto.inference.ModelMetadataRequest;
import io.owlmesh.proto.inference.ModelReadyRequest;
import io.owlmesh.proto.inference.ModelStatistics;
import io.owlmesh.proto.inference.ModelStatisticsRequest;
import io.owlmesh.proto.inference.ServerMetadataRequest;
import io.owlmesh.proto.vision.v1.EncodeResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The encoder as generic clients see it, beside what its own call answers. */
@Timeout(60)
class VisionInferenceGrpcServiceTest {
  private static RunningVision vision;

  @BeforeAll
  static void start() throws Exception {
    vision = RunningVision.start();
  }

  @AfterAll
  static void stop() {
    vision.close();
  }

  private static GRPCInferenceServiceBlockingStub stub() {
    return GRPCInferenceServiceGrpc.newBlockingStub(vision.channel())
        .withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  private static ModelInferRequest.Builder request(String model, InferInputTensor.Builder input) {
    return ModelInferRequest.newBuilder().setModelName(model).addInputs(input);
  }

  private static InferInputTensor.Builder files(int count) {
    return InferInputTensor.newBuilder().setName("image").setDatatype("BYTES").addShape(count);
  }

  private static ModelInferResponse typed(ByteString... images) {
    return stub()
        .modelInfer(
            request(
                    "vision",
                    files(images.length)
                        .setContents(
                            InferTensorContents.newBuilder()
                                .addAllBytesContents(Arrays.asList(images))))
                .build());
  }

  private static ByteString withLength(ByteString file) {
    ByteBuffer length = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
    return ByteString.copyFrom(length.putInt(file.size()).flip()).concat(file);
  }

  private static ByteString encoded(ByteString image) {
    EncodeResponse response = RunningVision.at(vision.encode(Map.of("a", image)), "a");
    return response.getFeatures().getData();
  }

  @Test
  void anImageGivesTheBitsThatEncodeGivesRawAndTyped() throws IOException {
    ByteString image = RunningVision.image("photo-a.jpg");
    ModelInferResponse typed = typed(image);
    ModelInferResponse raw =
        stub()
            .modelInfer(request("vision", files(1)).addRawInputContents(withLength(image)).build());

    ByteString wanted = encoded(image);

    for (ModelInferResponse response : new ModelInferResponse[] {typed, raw}) {
      assertThat(response.getOutputs(0).getName()).isEqualTo("features");
      assertThat(response.getOutputs(0).getDatatype()).isEqualTo("FP32");
      assertThat(response.getOutputs(0).getShapeList()).containsExactly(1L, 17L, 32L);
      assertThat(response.getRawOutputContents(0)).isEqualTo(wanted);
      assertThat(response.getParametersOrThrow("vision_digest").getStringParam())
          .isEqualTo(vision.stage().engine().digest());
    }
  }

  @Test
  void imagesOfOneRequestKeepTheirOrder() throws IOException {
    ByteString large = RunningVision.image("photo-a.jpg");
    ByteString small = RunningVision.image("one-pixel.png");
    ModelInferResponse response = typed(large, small, large);

    float[] found = floats(response.getRawOutputContents(0));
    float[] first = floats(encoded(large));
    float[] second = floats(encoded(small));

    assertThat(response.getOutputs(0).getShapeList()).containsExactly(3L, 17L, 32L);
    // Sums may depend on the company in the batch.
    assertThat(Arrays.copyOfRange(found, 0, first.length)).containsExactly(first, within(1e-4f));
    assertThat(Arrays.copyOfRange(found, first.length, 2 * first.length))
        .containsExactly(second, within(1e-4f));
    assertThat(Arrays.copyOfRange(found, 2 * first.length, 3 * first.length))
        .containsExactly(first, within(1e-4f));
  }

  private static float[] floats(ByteString data) {
    float[] floats = new float[data.size() / 4];
    data.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
    return floats;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void preparedPixelsGiveTheBitsThatTheImageGives(boolean isRaw) throws IOException {
    ByteString image = RunningVision.image("rgb.png");
    HostTensor pixels = prepared(image);
    InferInputTensor.Builder input =
        InferInputTensor.newBuilder().setName("pixel_values").setDatatype("FP32").addShape(1);
    for (long size : pixels.shape()) {
      input.addShape(size);
    }
    if (!isRaw) {
      for (float value : pixels.toFloats()) {
        input.getContentsBuilder().addFp32Contents(value);
      }
    }
    ModelInferRequest.Builder request = request("vision_pixels", input);
    if (isRaw) {
      request.addRawInputContents(ByteString.copyFrom(pixels.bytes()));
    }

    ModelInferResponse response = stub().modelInfer(request.build());

    assertThat(response.getRawOutputContents(0)).isEqualTo(encoded(image));
  }

  /** What a client does that prepares pixels itself. */
  private static HostTensor prepared(ByteString image) {
    ImageProcessor preprocessor = vision.stage().engine().config().imageProcessor();
    return new PictureDecoder(new PictureLimits(1 << 20, 1 << 20, 1 << 10))
        .decode(image.asReadOnlyByteBuffer(), preprocessor::process);
  }

  @ParameterizedTest
  @ValueSource(strings = {"text", "empty", "truncated", "heavy"})
  void aWrongImageIsRefusedByItsPlaceForTheReasonThatEncodeHas(String what) throws IOException {
    ByteString photo = RunningVision.image("photo-a.jpg");
    ByteString wrong =
        switch (what) {
          case "text" -> ByteString.copyFromUtf8("this is no image, only words in a row");
          case "empty" -> ByteString.EMPTY;
          case "truncated" -> photo.substring(0, photo.size() / 2);
          default -> ByteString.copyFrom(new byte[(1 << 20) + 1]);
        };

    Throwable refused = catchThrowable(() -> typed(photo, wrong));

    String field = "inputs[0].contents.bytes_contents[1]";
    String reason =
        RunningVision.at(vision.encode(Map.of("a", wrong)), "a").getError().getMessage();
    assertThat(Status.fromThrowable(refused).getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(Status.fromThrowable(refused).getDescription())
        .isEqualTo(reason.replaceFirst("image", Matcher.quoteReplacement(field)));
    BadRequest details =
        Objects.requireNonNull(StatusProto.fromThrowable(refused)).getDetailsList().stream()
            .filter(detail -> detail.is(BadRequest.class))
            .map(detail -> {
              try {
                return detail.unpack(BadRequest.class);
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            })
            .findFirst()
            .orElseThrow();
    assertThat(details.getFieldViolations(0).getField()).isEqualTo(field);
  }

  @Test
  void moreImagesThanTheQueueHoldsAreRefused() {
    ByteString[] images = new ByteString[65];
    Arrays.fill(images, ByteString.EMPTY);

    Throwable refused = catchThrowable(() -> typed(images));

    assertThat(Status.fromThrowable(refused).getDescription())
        .isEqualTo("inputs[0].shape: 65 images; 1 to 64 are taken");
  }

  @Test
  void metadataTellsBothModels() {
    var server = stub().serverMetadata(ServerMetadataRequest.getDefaultInstance());
    var files = stub().modelMetadata(ModelMetadataRequest.newBuilder().setName("vision").build());
    var pixels =
        stub().modelMetadata(ModelMetadataRequest.newBuilder().setName("vision_pixels").build());
    String version = vision.stage().engine().digest().substring(0, 12);

    assertThat(server.getName()).isEqualTo("owlmesh-vision");
    assertThat(files.getVersionsList()).containsExactly(version);
    assertThat(files.getInputs(0).getName()).isEqualTo("image");
    assertThat(files.getInputs(0).getDatatype()).isEqualTo("BYTES");
    assertThat(files.getInputs(0).getShapeList()).containsExactly(-1L);
    assertThat(pixels.getInputs(0).getName()).isEqualTo("pixel_values");
    assertThat(pixels.getInputs(0).getDatatype()).isEqualTo("FP32");
    assertThat(pixels.getInputs(0).getShapeList()).startsWith(-1L, 3L).hasSize(4);
    assertThat(pixels.getOutputs(0)).isEqualTo(files.getOutputs(0));
    assertThat(files.getOutputs(0).getShapeList()).containsExactly(-1L, 17L, 32L);
    assertThat(
            stub()
                .modelReady(
                    ModelReadyRequest.newBuilder().setName("vision").setVersion(version).build())
                .getReady())
        .isTrue();
  }

  @Test
  void statisticsCountWhatWasAsked() throws Exception {
    ByteString image = RunningVision.image("rgb.png");
    ModelStatistics before = statistics();
    typed(image, image, image);
    assertThat(catchThrowable(() -> typed(ByteString.EMPTY))).isNotNull();

    ModelStatistics after = statistics();

    assertThat(after.getInferenceCount() - before.getInferenceCount()).isEqualTo(3);
    assertThat(after.getExecutionCount() - before.getExecutionCount()).isBetween(1L, 3L);
    assertThat(success(after) - success(before)).isEqualTo(1);
    assertThat(after.getInferenceStats().getFail().getCount())
        .isEqualTo(before.getInferenceStats().getFail().getCount() + 1);
    assertThat(after.getInferenceStats().getComputeInfer().getNs()).isPositive();
    assertThat(
            after.getBatchStatsList().stream()
                .mapToLong(batch -> batch.getComputeInfer().getCount())
                .sum())
        .isEqualTo(after.getExecutionCount());
  }

  private static long success(ModelStatistics statistics) {
    return statistics.getInferenceStats().getSuccess().getCount();
  }

  private static ModelStatistics statistics() {
    return stub()
        .modelStatistics(ModelStatisticsRequest.newBuilder().setName("vision").build())
        .getModelStats(0);
  }
}
