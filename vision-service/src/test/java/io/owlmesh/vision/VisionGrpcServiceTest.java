// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.owlmesh.core.HostTensor;
import io.owlmesh.model.weights.SafetensorsFile;
import io.owlmesh.proto.vision.v1.DescribeRequest;
import io.owlmesh.proto.vision.v1.EncodeRequest;
import io.owlmesh.proto.vision.v1.EncodeResponse;
import io.owlmesh.proto.vision.v1.VisionEncoderGrpc;
import io.owlmesh.wire.TensorCodec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The service behind a real socket, with the tiny model. */
class VisionGrpcServiceTest {
  private static RunningVision vision;

  @BeforeAll
  static void start() throws Exception {
    vision = RunningVision.start();
  }

  @AfterAll
  static void stop() {
    vision.close();
  }

  private static Map<String, EncodeResponse> encode(Map<String, ByteString> images) {
    return vision.encode(images);
  }

  @Test
  void featuresOfALosslessImageAreThoseOfTheReference() throws IOException {
    HostTensor expected =
        RunningVision.at(
            SafetensorsFile.load(RunningVision.TINY.resolve("forward.safetensors")),
            "features/rgb.png");

    EncodeResponse response =
        RunningVision.at(encode(Map.of("a", RunningVision.image("rgb.png"))), "a");

    HostTensor features = TensorCodec.fromProto(response.getFeatures(), "features", 17, 32);
    float[] wanted = expected.toFloats();
    float[] found = features.toFloats();
    for (int i = 0; i < wanted.length; i++) {
      assertThat(found[i]).isCloseTo(wanted[i], within(2e-4f + 1e-4f * Math.abs(wanted[i])));
    }
    assertThat(response.getFeatures().getLineage().getVisionDigest()).hasSize(64);
    assertThat(response.getFeatures().getLineage().getContentKey()).hasSize(64);
    assertThat(response.getTimings().getComputeMicros()).isPositive();
  }

  @Test
  void manyImagesOfOneStreamAreAnsweredByIdAndBatched() throws IOException {
    Map<String, ByteString> images = new HashMap<>();
    for (int i = 0; i < 40; i++) {
      images.put("image-" + i, RunningVision.image(i % 2 == 0 ? "rgb.png" : "grey.png"));
    }

    Map<String, EncodeResponse> responses = encode(images);

    assertThat(responses.keySet()).isEqualTo(images.keySet());
    String even = RunningVision.at(responses, "image-0").getFeatures().getLineage().getContentKey();
    String odd = RunningVision.at(responses, "image-1").getFeatures().getLineage().getContentKey();
    assertThat(even).isNotEqualTo(odd);
    responses.forEach((id, response) -> {
      boolean isEven = Integer.parseInt(id.substring(6)) % 2 == 0;
      assertThat(response.getFeatures().getLineage().getContentKey())
          .isEqualTo(isEven ? even : odd);
    });
    assertThat(responses.values()).anyMatch(r -> r.getTimings().getBatchSize() > 1);
  }

  @Test
  void wrongImagesFailAloneAndSayWhy() throws IOException {
    byte[] photo = RunningVision.image("photo-a.jpg").toByteArray();
    Map<String, ByteString> images = new HashMap<>();
    images.put("good", RunningVision.image("rgb.png"));
    images.put("text", ByteString.copyFromUtf8("this is no image, only words in a row"));
    images.put("empty", ByteString.EMPTY);
    images.put("truncated", ByteString.copyFrom(Arrays.copyOf(photo, photo.length / 2)));
    images.put("bomb", ByteString.copyFrom(bomb(40_000, 40_000)));
    images.put("heavy", ByteString.copyFrom(new byte[(1 << 20) + 1]));

    Map<String, EncodeResponse> responses = encode(images);

    assertThat(RunningVision.at(responses, "good").hasFeatures()).isTrue();
    for (String bad : List.of("text", "empty", "truncated", "bomb", "heavy")) {
      assertThat(RunningVision.at(responses, bad).hasError()).as(bad).isTrue();
      assertThat(RunningVision.at(responses, bad).getError().getCode())
          .as(bad)
          .isEqualTo(Status.Code.INVALID_ARGUMENT.value());
      assertThat(RunningVision.at(responses, bad).getError().getField()).as(bad).isEqualTo("image");
    }
    assertThat(RunningVision.at(responses, "bomb").getError().getMessage())
        .contains("40000", "20000");
    assertThat(RunningVision.at(responses, "heavy").getError().getMessage())
        .contains("1048577", "1048576");
  }

  /** The header of a PNG of that size, and nothing behind it. */
  private static byte[] bomb(int width, int height) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'});
    ByteBuffer chunk = ByteBuffer.allocate(17);
    chunk.put(new byte[] {'I', 'H', 'D', 'R'}).putInt(width).putInt(height);
    chunk.put(new byte[] {8, 2, 0, 0, 0});
    CRC32 crc = new CRC32();
    crc.update(chunk.array());
    out.writeBytes(ByteBuffer.allocate(4).putInt(13).array());
    out.writeBytes(chunk.array());
    out.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    return out.toByteArray();
  }

  @Test
  void twoHundredMegabytesAreRefusedAndTheNextCallWorks() throws IOException {
    ByteString huge = ByteString.copyFrom(new byte[200_000_000]);

    assertThatThrownBy(() -> encode(Map.of("huge", huge)))
        .satisfies(e ->
            assertThat(Status.fromThrowable(e).getCode())
                .isIn(Status.Code.RESOURCE_EXHAUSTED, Status.Code.CANCELLED));

    assertThat(
            RunningVision.at(encode(Map.of("a", RunningVision.image("rgb.png"))), "a")
                .hasFeatures())
        .isTrue();
  }

  @Test
  void anExpiredDeadlineEndsTheStream() throws IOException {
    List<Throwable> failures = new ArrayList<>();
    CompletableFuture<Throwable> failed = new CompletableFuture<>();
    StreamObserver<EncodeRequest> requests =
        VisionEncoderGrpc.newStub(vision.channel())
            .withDeadlineAfter(1, TimeUnit.NANOSECONDS)
            .encode(
                new StreamObserver<>() {
                  @Override
                  public void onNext(EncodeResponse response) {}

                  @Override
                  public void onError(Throwable failure) {
                    failures.add(failure);
                    failed.complete(failure);
                  }

                  @Override
                  public void onCompleted() {}
                });
    requests.onNext(
        EncodeRequest.newBuilder().setId("a").setImage(RunningVision.image("rgb.png")).build());

    assertThat(Status.fromThrowable(failed.join()).getCode())
        .isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(failures).hasSize(1);
  }

  @Test
  void describesWhatItRuns() {
    var description =
        VisionEncoderGrpc.newBlockingStub(vision.channel())
            .describe(DescribeRequest.getDefaultInstance());

    assertThat(description.getTokens()).isEqualTo(17);
    assertThat(description.getWidth()).isEqualTo(32);
    assertThat(description.getVisionDigest()).hasSize(64);
    assertThat(description.getMaxImageBytes()).isEqualTo(1 << 20);
    assertThat(description.getDevice()).isEqualTo("cpu");
  }
}
