// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.owlmesh.core.DType;
import io.owlmesh.core.Fault;
import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.abstractor.v1.ResampleRequest;
import io.owlmesh.proto.abstractor.v1.ResampleResponse;
import io.owlmesh.proto.tensor.v1.DataType;
import io.owlmesh.proto.tensor.v1.ItemError;
import io.owlmesh.proto.tensor.v1.Lineage;
import io.owlmesh.proto.tensor.v1.Tensor;
import io.owlmesh.wire.Faults;
import io.owlmesh.wire.TensorCodec;
import io.owlmesh.wire.TensorMarshaller;
import io.owlmesh.wire.Wire;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Features [257, 1024] to a stage that checks them and sends them back, over a socket. */
@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TensorWireTest {
  private static final long[] SHAPE = {257, 1024};
  private static final String OURS = "a".repeat(64);
  private static final String OTHERS = "b".repeat(64);
  private static final Lineage LINEAGE =
      Lineage.newBuilder().setContentKey("c".repeat(64)).setVisionDigest(OURS).build();

  /** Whether the stage's last features were in direct memory. */
  private volatile boolean directAtStage;

  @SuppressWarnings("NullAway.Init")
  private TestStage stage;

  private final class Echo extends Items {
    @Override
    public CompletableFuture<ResampleResponse> begin(ResampleRequest request) {
      HostTensor features = TensorCodec.fromProto(request.getFeatures(), "features", SHAPE);
      LineageCheck.features(request.getFeatures(), OURS);
      directAtStage = features.bytes().isDirect();
      return CompletableFuture.completedFuture(
          ResampleResponse.newBuilder()
              .setId(request.getId())
              .setVisualTokens(TensorCodec.toProto(features, request.getFeatures().getLineage()))
              .build());
    }
  }

  @BeforeAll
  void start() {
    stage = TestStage.serving(responses -> ItemStream.open(responses, 4, new Echo()));
  }

  @AfterAll
  void stop() {
    stage.close();
  }

  private ResampleResponse send(Tensor features) {
    TestConversation talk =
        TestConversation.with(stage.stub())
            .send(ResampleRequest.newBuilder().setId("a").setFeatures(features).build())
            .complete();
    ResampleResponse answer = talk.next();
    talk.awaitEnd();
    return answer;
  }

  private OwlException refusal(Tensor.Builder features) {
    ResampleResponse answer = send(features.build());
    assertThat(answer.hasError()).isTrue();
    return Faults.fromItemError(answer.getError());
  }

  private static DType dtype(DataType type) {
    return type == DataType.DATA_TYPE_FLOAT32
        ? DType.FLOAT32
        : type == DataType.DATA_TYPE_BFLOAT16 ? DType.BFLOAT16 : DType.FLOAT16;
  }

  /** Random finite values of every size, among them zeros of both signs and denormal ones. */
  private static ByteBuffer values(DataType type) {
    DType dtype = dtype(type);
    ByteBuffer bytes =
        ByteBuffer.allocateDirect((int) HostTensor.byteCount(dtype, SHAPE))
            .order(ByteOrder.LITTLE_ENDIAN);
    Random random = new Random(7);
    while (bytes.hasRemaining()) {
      int bits = random.nextInt();
      if (dtype == DType.FLOAT32) {
        bytes.putInt(Float.isFinite(Float.intBitsToFloat(bits)) ? bits : 0x80000000);
      } else {
        int mask = dtype == DType.BFLOAT16 ? 0x7f80 : 0x7c00;
        bytes.putShort((short) ((bits & mask) == mask ? 0x8000 : bits));
      }
    }
    return bytes.flip();
  }

  private static Tensor.Builder features(DataType type) {
    return TensorCodec.toProto(new HostTensor(dtype(type), SHAPE, values(type)), LINEAGE)
        .toBuilder();
  }

  private static Tensor.Builder features() {
    return features(DataType.DATA_TYPE_FLOAT32);
  }

  @ParameterizedTest
  @EnumSource(names = {"DATA_TYPE_FLOAT32", "DATA_TYPE_BFLOAT16", "DATA_TYPE_FLOAT16"})
  void featuresComeBackBitForBitInDirectMemory(DataType type) {
    Tensor sent = features(type).build();
    ResampleResponse answer = send(sent);
    assertThat(answer.getVisualTokens()).isEqualTo(sent);
    HostTensor back = TensorCodec.fromProto(answer.getVisualTokens(), "visual_tokens", SHAPE);
    assertThat(back.bytes().mismatch(values(type))).isEqualTo(-1);
    assertThat(back.bytes().isDirect()).as("at the client").isTrue();
    assertThat(directAtStage).as("at the stage").isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      ints = {0, 1, 4000, TensorMarshaller.MIN_DIRECT - 64, TensorMarshaller.MIN_DIRECT, 9_000_000})
  void messagesOfEverySizeArriveWhole(int size) {
    byte[] random = new byte[size];
    new Random(size).nextBytes(random);
    Tensor sent = Tensor.newBuilder().setData(ByteString.copyFrom(random)).build();
    try (TestStage echo =
        TestStage.working(
            4,
            new Items() {
              @Override
              public CompletableFuture<ResampleResponse> begin(ResampleRequest request) {
                return CompletableFuture.completedFuture(
                    ResampleResponse.newBuilder().setVisualTokens(request.getFeatures()).build());
              }
            })) {
      TestConversation talk =
          TestConversation.with(echo.stub())
              .send(ResampleRequest.newBuilder().setFeatures(sent).build())
              .complete();
      assertThat(talk.next().getVisualTokens()).isEqualTo(sent);
    }
  }

  @Test
  void aMessageAboveTheLimitIsRefused() {
    Tensor huge =
        Tensor.newBuilder().setData(ByteString.copyFrom(new byte[Wire.MAX_MESSAGE])).build();
    TestConversation talk =
        TestConversation.with(stage.stub())
            .send(ResampleRequest.newBuilder().setFeatures(huge).build());
    assertThat(talk.fault().fault()).isIn(Fault.SATURATED, Fault.CANCELLED);
  }

  @ParameterizedTest
  @CsvSource({"1024,257", "257,1025", "1,257", "-257,-1024", "9223372036854775807,2"})
  void aShapeThatLiesIsRefused(long rows, long columns) {
    OwlException refusal = refusal(features().clearShape().addShape(rows).addShape(columns));
    assertThat(refusal).returns(Fault.BAD_INPUT, OwlException::fault);
    assertThat(refusal.field()).isEqualTo("features.shape");
    assertThat(refusal).hasMessageContaining("[257, 1024]");
  }

  @Test
  void aShapeOfAnotherRankIsRefused() {
    assertThat(refusal(features().addShape(1)).field()).isEqualTo("features.shape");
    assertThat(refusal(features().clearShape()).field()).isEqualTo("features.shape");
    Tensor.Builder many = features();
    for (int i = 0; i < 10_000; i++) {
      many.addShape(1);
    }
    assertThat(refusal(many)).hasMessageContaining("10002 dimensions");
  }

  @Test
  void aByteCountThatLiesIsRefused() {
    ByteString data = features().getData();
    for (ByteString wrong :
        new ByteString[] {
          ByteString.EMPTY, data.substring(1), data.concat(ByteString.copyFromUtf8("x"))
        }) {
      OwlException refusal = refusal(features().setData(wrong));
      assertThat(refusal.field()).isEqualTo("features.data");
      assertThat(refusal)
          .hasMessageContaining(wrong.size() + " bytes")
          .hasMessageContaining("1052672");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "DATA_TYPE_FLOAT32,7fc00000",
    "DATA_TYPE_FLOAT32,7f800000",
    "DATA_TYPE_FLOAT32,ff800000",
    "DATA_TYPE_FLOAT32,7f800001",
    "DATA_TYPE_BFLOAT16,7fc0",
    "DATA_TYPE_BFLOAT16,7f80",
    "DATA_TYPE_BFLOAT16,ff80",
    "DATA_TYPE_FLOAT16,7e00",
    "DATA_TYPE_FLOAT16,7c00",
    "DATA_TYPE_FLOAT16,fc00"
  })
  void aValueThatIsNotFiniteIsRefusedWhereverItStands(DataType type, String hex) {
    int size = dtype(type).bytes();
    int last = 257 * 1024 - 1;
    for (int place : new int[] {0, 1, 2, 3, 100_001, last - 1, last}) {
      ByteBuffer bytes = values(type);
      bytes.order(ByteOrder.LITTLE_ENDIAN);
      int bits = Integer.parseUnsignedInt(hex, 16);
      if (size == 4) {
        bytes.putInt(4 * place, bits);
      } else {
        bytes.putShort(2 * place, (short) bits);
      }
      OwlException refusal = refusal(features(type).setData(ByteString.copyFrom(bytes)));
      assertThat(refusal)
          .hasMessage("features.data: value " + place + " is NaN or infinite")
          .returns(Fault.BAD_INPUT, OwlException::fault);
    }
  }

  @Test
  void aMissingOrUnknownDataTypeIsRefused() {
    assertThat(refusal(features().clearDataType()).field()).isEqualTo("features.data_type");
    assertThat(refusal(features().setDataTypeValue(99)))
        .hasMessageContaining("99")
        .hasMessageContaining("float32, bfloat16 or float16");
  }

  @Test
  void aMissingLineageIsRefused() {
    assertThat(refusal(features().clearLineage()))
        .hasMessageContaining("lineage")
        .returns(Fault.BAD_INPUT, OwlException::fault);
    assertThat(refusal(features().setLineage(Lineage.getDefaultInstance())))
        .hasMessageContaining(OURS)
        .returns(Fault.BAD_INPUT, OwlException::fault);
  }

  @Test
  void featuresOfOtherWeightsAreRefusedNamingBothDigests() {
    assertThat(refusal(features().setLineage(LINEAGE.toBuilder().setVisionDigest(OTHERS))))
        .hasMessageContaining(OURS)
        .hasMessageContaining(OTHERS)
        .returns(Fault.OTHER_WEIGHTS, OwlException::fault);
  }

  @Test
  void visualTokensOfAnotherAbstractorAreRefusedNamingBothDigests() {
    Tensor tokens = features().setLineage(LINEAGE.toBuilder().setAbstractorDigest(OTHERS)).build();
    assertThat(
            org.assertj.core.api.Assertions.catchThrowableOfType(
                OwlException.class, () -> LineageCheck.visualTokens(tokens, OURS, OURS)))
        .hasMessageContaining(OURS)
        .hasMessageContaining(OTHERS)
        .returns(Fault.OTHER_WEIGHTS, OwlException::fault);
  }

  @Test
  void aLieAsLongAsAMessageIsCutShort() {
    ItemError error =
        Faults.toItemError(
            new OwlException(Fault.OTHER_WEIGHTS, "features", "made by " + "x".repeat(1 << 20)));
    assertThat(error.getMessage()).hasSizeLessThan(500).endsWith("…");
  }
}
