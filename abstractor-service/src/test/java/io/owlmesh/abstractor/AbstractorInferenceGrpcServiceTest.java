// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.abstractor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.owlmesh.proto.inference.GRPCInferenceServiceGrpc;
import io.owlmesh.proto.inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import io.owlmesh.proto.inference.InferParameter;
import io.owlmesh.proto.inference.InferTensorContents;
import io.owlmesh.proto.inference.ModelInferRequest;
import io.owlmesh.proto.inference.ModelInferRequest.InferInputTensor;
import io.owlmesh.proto.inference.ModelInferResponse;
import io.owlmesh.proto.inference.ModelMetadataRequest;
import io.owlmesh.proto.inference.ModelStatistics;
import io.owlmesh.proto.inference.ModelStatisticsRequest;
import io.owlmesh.proto.inference.ServerMetadataRequest;
import io.owlmesh.proto.tensor.v1.DataType;
import io.owlmesh.proto.tensor.v1.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The abstractor as generic clients see it, beside what its own call answers. */
@Timeout(60)
class AbstractorInferenceGrpcServiceTest {
  private static final String VISION_DIGEST = "vision_digest";

  private static RunningAbstractor abstractor;

  @BeforeAll
  static void start() throws Exception {
    abstractor = RunningAbstractor.start();
  }

  @AfterAll
  static void stop() {
    abstractor.close();
  }

  private static GRPCInferenceServiceBlockingStub stub() {
    return GRPCInferenceServiceGrpc.newBlockingStub(abstractor.channel())
        .withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  private static InferInputTensor.Builder input(String datatype) {
    return InferInputTensor.newBuilder()
        .setName("features")
        .setDatatype(datatype)
        .addShape(1)
        .addShape(17)
        .addShape(32);
  }

  private static ModelInferRequest.Builder request(String datatype, ByteString raw) {
    return ModelInferRequest.newBuilder()
        .setModelName("abstractor")
        .addInputs(input(datatype))
        .addRawInputContents(raw);
  }

  private static ByteString features() {
    return abstractor.features().getData();
  }

  private static InferParameter text(String text) {
    return InferParameter.newBuilder().setStringParam(text).build();
  }

  private static ByteString resampled(Tensor features) {
    return RunningAbstractor.at(abstractor.resample(Map.of("a", features)), "a")
        .getVisualTokens()
        .getData();
  }

  @Test
  void featuresGiveTheBitsThatAbstractGivesRawAndTyped() {
    InferTensorContents.Builder contents = InferTensorContents.newBuilder();
    for (float value : golden()) {
      contents.addFp32Contents(value);
    }
    ModelInferResponse raw = stub().modelInfer(request("FP32", features()).build());
    ModelInferResponse typed =
        stub()
            .modelInfer(
                ModelInferRequest.newBuilder()
                    .setModelName("abstractor")
                    .addInputs(input("FP32").setContents(contents))
                    .build());

    ByteString wanted = resampled(abstractor.features());

    for (ModelInferResponse response : new ModelInferResponse[] {raw, typed}) {
      assertThat(response.getOutputs(0).getName()).isEqualTo("visual_tokens");
      assertThat(response.getOutputs(0).getShapeList()).containsExactly(1L, 7L, 64L);
      assertThat(response.getRawOutputContents(0)).isEqualTo(wanted);
      assertThat(response.getParametersMap()).containsOnlyKeys("abstractor_digest");
    }
  }

  @ParameterizedTest
  @CsvSource({"FP16, DATA_TYPE_FLOAT16", "BF16, DATA_TYPE_BFLOAT16"})
  void halvesGiveTheBitsThatAbstractGivesForThem(String datatype, DataType own) {
    ByteBuffer halves = ByteBuffer.allocate(17 * 32 * 2).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : golden()) {
      halves.putShort(
          own == DataType.DATA_TYPE_FLOAT16
              ? Float.floatToFloat16(value)
              : (short) (Float.floatToIntBits(value) >> 16));
    }
    ByteString data = ByteString.copyFrom(halves.flip());

    ModelInferResponse response = stub().modelInfer(request(datatype, data).build());

    Tensor same = abstractor.features().toBuilder().setDataType(own).setData(data).build();
    assertThat(response.getRawOutputContents(0))
        .isEqualTo(resampled(same))
        .isNotEqualTo(resampled(abstractor.features()));
  }

  private static float[] golden() {
    return RunningAbstractor.at(RunningAbstractor.GOLDEN, "features/rgb.png").toFloats();
  }

  @Test
  void whoSaysWhichWeightsMadeTheFeaturesHearsItAgain() {
    String digest = abstractor.stage().engine().visionDigest();

    ModelInferResponse response =
        stub()
            .modelInfer(
                request("FP32", features()).putParameters(VISION_DIGEST, text(digest)).build());

    assertThat(response.getParametersOrThrow(VISION_DIGEST)).isEqualTo(text(digest));
    assertThat(response.getParametersOrThrow("abstractor_digest"))
        .isEqualTo(text(abstractor.stage().engine().digest()));
  }

  @Test
  void featuresOfOtherWeightsAreRefusedNamingBothDigests() {
    String other = "ab".repeat(32);
    Throwable refused =
        catchThrowable(() ->
            stub()
                .modelInfer(
                    request("FP32", features()).putParameters(VISION_DIGEST, text(other)).build()));

    Status status = Status.fromThrowable(refused);
    assertThat(status.getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(status.getDescription())
        .startsWith("parameters.vision_digest: ")
        .contains(other, abstractor.stage().engine().visionDigest());
  }

  @Test
  void notANumberIsRefused() {
    byte[] bytes = features().toByteArray();
    bytes[4 * 5 + 2] = (byte) 0xc0;
    bytes[4 * 5 + 3] = 0x7f;

    Throwable refused =
        catchThrowable(
            () -> stub().modelInfer(request("FP32", ByteString.copyFrom(bytes)).build()));

    assertThat(Status.fromThrowable(refused).getDescription())
        .isEqualTo("raw_input_contents[0]: value 5 is NaN or infinite");
  }

  @Test
  void aByteCountThatLiesIsRefused() {
    Throwable refused =
        catchThrowable(() -> stub().modelInfer(request("FP32", features().substring(4)).build()));

    assertThat(Status.fromThrowable(refused).getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(Status.fromThrowable(refused).getDescription())
        .isEqualTo("raw_input_contents[0]: 2172 bytes, but FP32 of shape [1, 17, 32] takes 2176");
  }

  @Test
  void metadataTellsTheModel() {
    var server = stub().serverMetadata(ServerMetadataRequest.getDefaultInstance());
    var model =
        stub().modelMetadata(ModelMetadataRequest.newBuilder().setName("abstractor").build());

    assertThat(server.getName()).isEqualTo("owlmesh-abstractor");
    assertThat(model.getVersionsList())
        .containsExactly(abstractor.stage().engine().digest().substring(0, 12));
    assertThat(model.getInputs(0).getShapeList()).containsExactly(-1L, 17L, 32L);
    assertThat(model.getOutputs(0).getShapeList()).containsExactly(-1L, 7L, 64L);
  }

  @Test
  void statisticsCountWhatWasAsked() {
    ModelStatistics before = statistics();
    stub().modelInfer(request("FP32", features()).build());
    stub().modelInfer(request("FP32", features()).build());

    ModelStatistics after = statistics();

    assertThat(after.getInferenceCount() - before.getInferenceCount()).isEqualTo(2);
    assertThat(after.getExecutionCount() - before.getExecutionCount()).isEqualTo(2);
  }

  private static ModelStatistics statistics() {
    return stub().modelStatistics(ModelStatisticsRequest.getDefaultInstance()).getModelStats(0);
  }
}
