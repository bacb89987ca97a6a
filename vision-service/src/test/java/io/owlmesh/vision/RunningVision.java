// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.vision;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.api.OpenTelemetry;
import io.owlmesh.proto.vision.v1.EncodeRequest;
import io.owlmesh.proto.vision.v1.EncodeResponse;
import io.owlmesh.proto.vision.v1.VisionEncoderGrpc;
import io.owlmesh.wire.Wire;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The services of the vision stage behind a real socket, with the tiny model. */
record RunningVision(VisionStage stage, Server server, ManagedChannel channel)
    implements AutoCloseable {
  static final Path TINY = Path.of("../lib/model/src/test/resources/owl-tiny");

  /** The defaults, but for small limits. */
  private record Settings(Path checkpoint) implements VisionConfig {
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

  static RunningVision start() throws Exception {
    return start(TINY.resolve("checkpoints/safetensors"));
  }

  static RunningVision start(Path checkpoint) throws Exception {
    VisionConfig settings = new Settings(checkpoint);
    VisionStage stage = new VisionStage(settings);
    var tracer = OpenTelemetry.noop().getTracer("test");
    Server server =
        Wire.tune(
                NettyServerBuilder.forAddress(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)))
            .addService(new VisionGrpcService(stage, settings, tracer))
            .addService(new VisionInferenceGrpcService(new VisionModels(stage, settings), "0.0.0"))
            .addService(new VisionHealthGrpcService(stage))
            .build()
            .start();
    while (!stage.loading().ready()) {
      TimeUnit.MILLISECONDS.sleep(20);
    }
    return new RunningVision(stage, server, Wire.channel("127.0.0.1", server.getPort()).build());
  }

  @Override
  public void close() {
    channel.shutdownNow();
    server.shutdownNow();
    stage.close();
  }

  static ByteString image(String name) throws IOException {
    return ByteString.copyFrom(Files.readAllBytes(TINY.resolve("images").resolve(name)));
  }

  static <T> T at(Map<String, T> map, String key) {
    return Objects.requireNonNull(map.get(key), key);
  }

  /** Sends images on one stream; what comes back, by id. */
  Map<String, EncodeResponse> encode(Map<String, ByteString> images) {
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
}
