// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.grpc;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.metrics.Meter;
import io.owlmesh.llm.LlmConfig;
import io.owlmesh.llm.LlmStage;
import io.owlmesh.stage.StageServer;
import io.owlmesh.wire.RunningCalls;
import io.owlmesh.wire.TestConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** The service behind a real socket, with the tiny model: two sequences at a time, four waiting. */
public final class TinyLlm extends StageServer<LlmStage> {
  private static final Path CHECKPOINT =
      Path.of("../lib/model/src/test/resources/owl-tiny/checkpoints/safetensors");

  private TinyLlm(LlmStage stage, LlmConfig settings) throws IOException, InterruptedException {
    super(stage, new LlmGrpcService(stage, settings, OpenTelemetry.noop().getTracer("test")));
  }

  public static TinyLlm start(Path adapters) throws IOException, InterruptedException {
    return start(adapters, OpenTelemetry.noop().getMeter("test"));
  }

  public static TinyLlm start(Path adapters, Meter meter) throws IOException, InterruptedException {
    return start(CHECKPOINT, adapters, meter);
  }

  public static TinyLlm start(Path checkpoint, Path adapters, Meter meter)
      throws IOException, InterruptedException {
    LlmConfig settings = settings(checkpoint, adapters);
    return new TinyLlm(new LlmStage(settings, meter, new RunningCalls()), settings);
  }

  /** The settings of the service, for tests of its parts. */
  public static LlmConfig settings(Path checkpoint, Path adapters) {
    return TestConfig.of(
        LlmConfig.class,
        Map.of(
            "owl.checkpoint", checkpoint.toString(),
            "owl.adapters", adapters.toString(),
            "owl.max-sequences", "2",
            "owl.queue", "4",
            "owl.max-batched-tokens", "64",
            "owl.num-speculative-tokens", "7",
            "owl.cache-bytes", "1048576",
            "owl.adapter-bytes", "1048576",
            "owl.held-image-bytes", "1048576"));
  }
}
