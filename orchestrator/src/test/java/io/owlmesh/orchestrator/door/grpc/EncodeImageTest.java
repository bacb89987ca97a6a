// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.grpc;

import static io.grpc.Status.Code.INTERNAL;
import static io.grpc.Status.Code.INVALID_ARGUMENT;
import static io.grpc.Status.Code.NOT_FOUND;
import static io.grpc.Status.Code.RESOURCE_EXHAUSTED;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.orchestrator.mesh.StageKind;
import io.owlmesh.orchestrator.pipeline.FakeMesh;
import io.owlmesh.orchestrator.pipeline.FakeStages;
import io.owlmesh.orchestrator.store.Pictures;
import io.owlmesh.proto.chat.v1.EncodeImageHeader;
import io.owlmesh.proto.chat.v1.EncodeImageRequest;
import io.owlmesh.proto.chat.v1.EncodeImageResponse;
import io.owlmesh.proto.chat.v1.ImageEncoding;
import io.owlmesh.proto.tensor.v1.Lineage;
import io.owlmesh.proto.tensor.v1.Tensor;
import io.owlmesh.wire.TensorCodec;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the visual stages make of an image, given to a caller. */
@Timeout(60)
class EncodeImageTest {
  private static final ByteString FILE = Pictures.png(1);

  @TempDir Path folder;
  private FakeMesh mesh;
  private GrpcDoor door;

  @BeforeEach
  void open(TestInfo test) throws Exception {
    mesh = new FakeMesh("encode " + test.getDisplayName(), Map.of("owl.max-image-bytes", "100000"));
    door = new GrpcDoor(folder, mesh);
    make(features(300_000));
  }

  @AfterEach
  void close() throws Exception {
    door.close();
    mesh.close();
  }

  /** Numbers from 0 on, a row for each visual token. */
  private static Tensor features(int columns) {
    float[] values = new float[FakeStages.VISUAL_TOKENS * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    HostTensor tensor = HostTensor.ofFloats(values, FakeStages.VISUAL_TOKENS, columns);
    return TensorCodec.toProto(tensor, Lineage.newBuilder().setVisionDigest("V").build());
  }

  private void make(Tensor features) {
    mesh.stages.lie = response -> response.toBuilder().setFeatures(features).build();
  }

  private static EncodeImageHeader.Builder header(ImageEncoding encoding) {
    return EncodeImageHeader.newBuilder().setSizeBytes(FILE.size()).setEncoding(encoding);
  }

  private List<EncodeImageResponse> encode(EncodeImageHeader.Builder header) {
    List<EncodeImageResponse> pieces = new ArrayList<>();
    CompletableFuture<List<EncodeImageResponse>> end = new CompletableFuture<>();
    StreamObserver<EncodeImageRequest> out =
        door.asynchronous()
            .encodeImage(
                new StreamObserver<>() {
                  @Override
                  public void onNext(EncodeImageResponse piece) {
                    pieces.add(piece);
                  }

                  @Override
                  public void onError(Throwable failure) {
                    end.completeExceptionally(failure);
                  }

                  @Override
                  public void onCompleted() {
                    end.complete(pieces);
                  }
                });
    out.onNext(EncodeImageRequest.newBuilder().setHeader(header).build());
    out.onNext(EncodeImageRequest.newBuilder().setData(FILE).build());
    out.onCompleted();
    try {
      return end.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof StatusRuntimeException status ? status : e;
    }
  }

  private static ByteString all(List<EncodeImageResponse> pieces) {
    return ByteString.copyFrom(pieces.stream().map(EncodeImageResponse::getData).toList());
  }

  @Test
  void featuresAndVisualTokensComeInPiecesWithWhatMadeThem() {
    List<EncodeImageResponse> features = encode(header(ImageEncoding.IMAGE_ENCODING_FEATURES));

    assertThat(features).hasSize(12).allMatch(piece -> piece.getData().size() <= 1 << 20);
    assertThat(features.getFirst().getShapeList()).containsExactly(10L, 300_000L);
    assertThat(features.getFirst().getWeightsList()).containsExactly("V");
    assertThat(features.getLast().getShapeList()).isEmpty();
    var floats =
        all(features).asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    assertThat(floats.remaining()).isEqualTo(3_000_000);
    assertThat(floats.get(2_999_999)).isEqualTo(2_999_999f);

    List<EncodeImageResponse> tokens = encode(header(ImageEncoding.IMAGE_ENCODING_VISUAL_TOKENS));
    assertThat(tokens.getFirst().getWeightsList()).containsExactly("V", "A");
    assertThat(all(tokens)).isEqualTo(all(features));
  }

  @Test
  void numbersOfAnyTypeComeAsFloat32() {
    Tensor two = features(2);
    HostTensor floats = TensorCodec.fromProto(two, "two", FakeStages.VISUAL_TOKENS, 2);
    make(TensorCodec.toProto(floats.as(DType.BFLOAT16), two.getLineage()));

    assertThat(all(encode(header(ImageEncoding.IMAGE_ENCODING_FEATURES)))).isEqualTo(two.getData());
  }

  @Test
  void whatIsWrongIsNamed() {
    assertRefused(
        INVALID_ARGUMENT, "header.encoding", header(ImageEncoding.IMAGE_ENCODING_UNSPECIFIED));
    assertRefused(
        NOT_FOUND,
        "header.model",
        header(ImageEncoding.IMAGE_ENCODING_FEATURES).setModel("nobody"));
    assertRefused(
        INVALID_ARGUMENT,
        "header.size_bytes",
        header(ImageEncoding.IMAGE_ENCODING_FEATURES).setSizeBytes(100_001));
    assertRefused(
        INVALID_ARGUMENT,
        "header.question",
        header(ImageEncoding.IMAGE_ENCODING_FEATURES).setQuestion("?".repeat(16_385)));
  }

  @Test
  void aStageThatIsFullOrMakesNothingOfUseIsToldAsSuch() {
    mesh.stages.fail(StageKind.VISION, Status.RESOURCE_EXHAUSTED.withDescription("full"), 1);
    assertThat(refused(header(ImageEncoding.IMAGE_ENCODING_FEATURES)).code())
        .isEqualTo(RESOURCE_EXHAUSTED);

    make(features(2).toBuilder().clearShape().addShape(20).build());
    assertThat(refused(header(ImageEncoding.IMAGE_ENCODING_FEATURES)).code()).isEqualTo(INTERNAL);
  }

  private Refused refused(EncodeImageHeader.Builder header) {
    return Refused.of(() -> encode(header));
  }

  private void assertRefused(Status.Code code, String field, EncodeImageHeader.Builder header) {
    assertThat(refused(header)).isEqualTo(new Refused(code, field));
  }
}
