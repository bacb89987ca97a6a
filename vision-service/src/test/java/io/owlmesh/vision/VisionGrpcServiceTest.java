// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.api.OpenTelemetry;
import io.owlmesh.model.HostTensor;
import io.owlmesh.model.checkpoint.SafetensorsFile;
import io.owlmesh.proto.vision.v1.DescribeRequest;
import io.owlmesh.proto.vision.v1.EncodeRequest;
import io.owlmesh.proto.vision.v1.EncodeResponse;
import io.owlmesh.proto.vision.v1.VisionEncoderGrpc;
import io.owlmesh.wire.TensorCodec;
import io.owlmesh.wire.Wire;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The service behind a real socket, with the tiny model. */
class VisionGrpcServiceTest {
  private static final Path TINY = Path.of("../model/src/test/resources/owl-tiny");

  private static VisionStage stage;
  private static Server server;
  private static ManagedChannel channel;

  /** The defaults, but for small limits. */
  private record Settings() implements VisionConfig {
    @Override
    public Path checkpoint() {
      return TINY.resolve("checkpoints/safetensors");
    }

    @Override
    public String device() {
      return "cpu";
    }

    @Override
    public String dtype() {
      return "auto";
    }

    @Override
    public int threads() {
      return 0;
    }

    @Override
    public int maxBatch() {
      return 8;
    }

    @Override
    public int queue() {
      return 64;
    }

    @Override
    public int window() {
      return 16;
    }

    @Override
    public int decoders() {
      return 0;
    }

    @Override
    public int maxImageBytes() {
      return 1 << 20;
    }

    @Override
    public long maxImagePixels() {
      return 50_000_000;
    }

    @Override
    public int maxImageSide() {
      return 20_000;
    }
  }

  private static <T> T at(Map<String, T> map, String key) {
    return Objects.requireNonNull(map.get(key), key);
  }

  @BeforeAll
  static void start() throws Exception {
    VisionConfig settings = new Settings();
    stage = new VisionStage(settings);
    var tracer = OpenTelemetry.noop().getTracer("test");
    server =
        Wire.tune(NettyServerBuilder.forPort(0))
            .addService(new VisionGrpcService(stage, settings, tracer))
            .addService(new VisionHealthGrpcService(stage))
            .build()
            .start();
    channel = Wire.channel("127.0.0.1", server.getPort()).build();
    while (!ready()) {
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  private static boolean ready() {
    try {
      return stage.engine() != null;
    } catch (RuntimeException loading) {
      return false;
    }
  }

  @AfterAll
  static void stop() {
    channel.shutdownNow();
    server.shutdownNow();
    stage.close();
  }

  private static ByteString image(String name) throws IOException {
    return ByteString.copyFrom(Files.readAllBytes(TINY.resolve("images").resolve(name)));
  }

  /** Sends images on one stream; what comes back, by id. */
  private static Map<String, EncodeResponse> encode(Map<String, ByteString> images) {
    CompletableFuture<Map<String, EncodeResponse>> done = new CompletableFuture<>();
    Map<String, EncodeResponse> responses = new HashMap<>();
    StreamObserver<EncodeRequest> requests =
        VisionEncoderGrpc.newStub(channel)
            .withDeadlineAfter(60, TimeUnit.SECONDS)
            .encode(
                new StreamObserver<>() {
                  @Override
                  public void onNext(EncodeResponse response) {
                    responses.put(response.getId(), response);
                  }

                  @Override
                  public void onError(Throwable failure) {
                    done.completeExceptionally(failure);
                  }

                  @Override
                  public void onCompleted() {
                    done.complete(responses);
                  }
                });
    images.forEach(
        (id, file) -> requests.onNext(EncodeRequest.newBuilder().setId(id).setImage(file).build()));
    requests.onCompleted();
    return done.join();
  }

  @Test
  void featuresOfALosslessImageAreThoseOfTheReference() throws IOException {
    HostTensor expected =
        at(SafetensorsFile.load(TINY.resolve("forward.safetensors")), "features/rgb.png");

    EncodeResponse response = at(encode(Map.of("a", image("rgb.png"))), "a");

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
      images.put("image-" + i, image(i % 2 == 0 ? "rgb.png" : "grey.png"));
    }

    Map<String, EncodeResponse> responses = encode(images);

    assertThat(responses.keySet()).isEqualTo(images.keySet());
    String even = at(responses, "image-0").getFeatures().getLineage().getContentKey();
    String odd = at(responses, "image-1").getFeatures().getLineage().getContentKey();
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
    byte[] photo = image("photo-a.jpg").toByteArray();
    Map<String, ByteString> images = new HashMap<>();
    images.put("good", image("rgb.png"));
    images.put("text", ByteString.copyFromUtf8("this is no image, only words in a row"));
    images.put("empty", ByteString.EMPTY);
    images.put("truncated", ByteString.copyFrom(Arrays.copyOf(photo, photo.length / 2)));
    images.put("bomb", ByteString.copyFrom(bomb(40_000, 40_000)));
    images.put("heavy", ByteString.copyFrom(new byte[(1 << 20) + 1]));

    Map<String, EncodeResponse> responses = encode(images);

    assertThat(at(responses, "good").hasFeatures()).isTrue();
    for (String bad : List.of("text", "empty", "truncated", "bomb", "heavy")) {
      assertThat(at(responses, bad).hasError()).as(bad).isTrue();
      assertThat(at(responses, bad).getError().getCode())
          .as(bad)
          .isEqualTo(Status.Code.INVALID_ARGUMENT.value());
      assertThat(at(responses, bad).getError().getField()).as(bad).isEqualTo("image");
    }
    assertThat(at(responses, "bomb").getError().getMessage()).contains("40000", "20000");
    assertThat(at(responses, "heavy").getError().getMessage()).contains("1048577", "1048576");
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

    assertThat(at(encode(Map.of("a", image("rgb.png"))), "a").hasFeatures()).isTrue();
  }

  @Test
  void anExpiredDeadlineEndsTheStream() throws IOException {
    List<Throwable> failures = new ArrayList<>();
    CompletableFuture<Throwable> failed = new CompletableFuture<>();
    StreamObserver<EncodeRequest> requests =
        VisionEncoderGrpc.newStub(channel)
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
    requests.onNext(EncodeRequest.newBuilder().setId("a").setImage(image("rgb.png")).build());

    assertThat(Status.fromThrowable(failed.join()).getCode())
        .isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(failures).hasSize(1);
  }

  @Test
  void describesWhatItRuns() {
    var description =
        VisionEncoderGrpc.newBlockingStub(channel).describe(DescribeRequest.getDefaultInstance());

    assertThat(description.getTokens()).isEqualTo(17);
    assertThat(description.getWidth()).isEqualTo(32);
    assertThat(description.getVisionDigest()).hasSize(64);
    assertThat(description.getMaxImageBytes()).isEqualTo(1 << 20);
    assertThat(description.getDevice()).isEqualTo("cpu");
  }
}
