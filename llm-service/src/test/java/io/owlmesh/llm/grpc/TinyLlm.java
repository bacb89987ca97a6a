// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.grpc;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.metrics.Meter;
import io.owlmesh.llm.LlmConfig;
import io.owlmesh.llm.LlmStage;
import io.owlmesh.wire.Wire;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The service behind a real socket, with the tiny model: two sequences at a time, four waiting. */
public record TinyLlm(LlmStage stage, Server server, ManagedChannel channel)
    implements AutoCloseable {
  private static final Path CHECKPOINT =
      Path.of("../lib/model/src/test/resources/owl-tiny/checkpoints/safetensors");

  public record Settings(Path checkpoint, Path folder) implements LlmConfig {
    @Override
    public String device() {
      return "cpu";
    }

    @Override
    public String dtype() {
      return "auto";
    }

    @Override
    public String quantize() {
      return "none";
    }

    @Override
    public int threads() {
      return 0;
    }

    @Override
    public int queue() {
      return 4;
    }

    @Override
    public int maxSequences() {
      return 2;
    }

    @Override
    public int maxBatchedTokens() {
      return 64;
    }

    @Override
    public long cacheBytes() {
      return 1 << 20;
    }

    @Override
    public Duration slowReader() {
      return Duration.ofSeconds(30);
    }

    @Override
    public Duration drain() {
      return Duration.ofSeconds(10);
    }

    @Override
    public Optional<Path> adapters() {
      return Optional.of(folder);
    }

    @Override
    public long adapterBytes() {
      return 1 << 20;
    }

    @Override
    public Optional<Path> mergedAdapter() {
      return Optional.empty();
    }

    @Override
    public int maxNewTokens() {
      return 256;
    }
  }

  public static TinyLlm start(Path adapters) throws IOException, InterruptedException {
    return start(adapters, OpenTelemetry.noop().getMeter("test"));
  }

  public static TinyLlm start(Path adapters, Meter meter) throws IOException, InterruptedException {
    return start(CHECKPOINT, adapters, meter);
  }

  public static TinyLlm start(Path checkpoint, Path adapters, Meter meter)
      throws IOException, InterruptedException {
    LlmConfig settings = new Settings(checkpoint, adapters);
    LlmStage stage = new LlmStage(settings, meter);
    Server server =
        Wire.tune(NettyServerBuilder.forPort(0))
            .addService(new LlmGrpcService(stage, settings, OpenTelemetry.noop().getTracer("test")))
            .build()
            .start();
    while (!isReady(stage)) {
      TimeUnit.MILLISECONDS.sleep(20);
    }
    return new TinyLlm(stage, server, Wire.channel("127.0.0.1", server.getPort()).build());
  }

  private static boolean isReady(LlmStage stage) {
    try {
      return stage.engine() != null;
    } catch (RuntimeException loading) {
      return false;
    }
  }

  @Override
  public void close() {
    channel.shutdownNow();
    server.shutdownNow();
    stage.close();
  }
}
