// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.abstractor;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.api.OpenTelemetry;
import io.owlmesh.core.HostTensor;
import io.owlmesh.model.weights.SafetensorsFile;
import io.owlmesh.proto.abstractor.v1.ResampleRequest;
import io.owlmesh.proto.abstractor.v1.ResampleResponse;
import io.owlmesh.proto.abstractor.v1.VisualAbstractorGrpc;
import io.owlmesh.proto.tensor.v1.Lineage;
import io.owlmesh.proto.tensor.v1.Tensor;
import io.owlmesh.wire.TensorCodec;
import io.owlmesh.wire.Wire;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The services of the abstractor stage behind a real socket, with the tiny model. */
record RunningAbstractor(AbstractorStage stage, Server server, ManagedChannel channel)
    implements AutoCloseable {
  private static final Path TINY = Path.of("../lib/model/src/test/resources/owl-tiny");
  static final Map<String, HostTensor> GOLDEN =
      SafetensorsFile.load(TINY.resolve("forward.safetensors"));

  private record Settings(Path checkpoint) implements AbstractorConfig {
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
  }

  static RunningAbstractor start() throws Exception {
    return start(TINY.resolve("checkpoints/safetensors"));
  }

  static RunningAbstractor start(Path checkpoint) throws Exception {
    AbstractorConfig settings = new Settings(checkpoint);
    AbstractorStage stage = new AbstractorStage(settings);
    var tracer = OpenTelemetry.noop().getTracer("test");
    Server server =
        Wire.tune(
                NettyServerBuilder.forAddress(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)))
            .addService(new AbstractorGrpcService(stage, settings, tracer))
            .addService(
                new AbstractorInferenceGrpcService(new AbstractorModel(stage, settings), "0.0.0"))
            .addService(new AbstractorHealthGrpcService(stage))
            .build()
            .start();
    ManagedChannel channel = Wire.channel("127.0.0.1", server.getPort()).build();
    while (status(channel) != ServingStatus.SERVING) {
      TimeUnit.MILLISECONDS.sleep(20);
    }
    return new RunningAbstractor(stage, server, channel);
  }

  private static ServingStatus status(ManagedChannel channel) {
    return HealthGrpc.newBlockingStub(channel)
        .check(
            HealthCheckRequest.newBuilder().setService(VisualAbstractorGrpc.SERVICE_NAME).build())
        .getStatus();
  }

  @Override
  public void close() {
    channel.shutdownNow();
    server.shutdownNow();
    stage.close();
  }

  static <T> T at(Map<String, T> map, String key) {
    return Objects.requireNonNull(map.get(key), key);
  }

  Tensor features() {
    return TensorCodec.toProto(
        at(GOLDEN, "features/rgb.png"),
        Lineage.newBuilder()
            .setContentKey("00")
            .setVisionDigest(stage.engine().visionDigest())
            .build());
  }

  Map<String, ResampleResponse> resample(Map<String, Tensor> features) {
    CompletableFuture<Map<String, ResampleResponse>> done = new CompletableFuture<>();
    Map<String, ResampleResponse> responses = new HashMap<>();
    StreamObserver<ResampleRequest> requests =
        VisualAbstractorGrpc.newStub(channel)
            .withDeadlineAfter(60, TimeUnit.SECONDS)
            .resample(
                new StreamObserver<>() {
                  @Override
                  public void onNext(ResampleResponse response) {
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
    features.forEach((id, tensor) ->
        requests.onNext(ResampleRequest.newBuilder().setId(id).setFeatures(tensor).build()));
    requests.onCompleted();
    return done.join();
  }
}
