// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.abstractor;

import io.opentelemetry.api.OpenTelemetry;
import io.owlmesh.core.HostTensor;
import io.owlmesh.model.weights.SafetensorsFile;
import io.owlmesh.proto.abstractor.v1.ResampleRequest;
import io.owlmesh.proto.abstractor.v1.ResampleResponse;
import io.owlmesh.proto.abstractor.v1.VisualAbstractorGrpc;
import io.owlmesh.proto.tensor.v1.Lineage;
import io.owlmesh.proto.tensor.v1.Tensor;
import io.owlmesh.stage.StageServer;
import io.owlmesh.wire.RunningCalls;
import io.owlmesh.wire.TensorCodec;
import io.owlmesh.wire.TestConfig;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The services of the abstractor stage behind a real socket, with the tiny model. */
final class RunningAbstractor extends StageServer<AbstractorStage> {
  private static final Path TINY = Path.of("../lib/model/src/test/resources/owl-tiny");
  static final Map<String, HostTensor> GOLDEN =
      SafetensorsFile.load(TINY.resolve("forward.safetensors"));

  private RunningAbstractor(AbstractorStage stage, AbstractorConfig settings) throws Exception {
    super(
        stage,
        new AbstractorGrpcService(stage, settings, OpenTelemetry.noop().getTracer("test")),
        new AbstractorInferenceGrpcService(
            new AbstractorModel(stage, settings), stage.calls(), "0.0.0"));
  }

  static RunningAbstractor start() throws Exception {
    return start(TINY.resolve("checkpoints/safetensors"));
  }

  static RunningAbstractor start(Path checkpoint) throws Exception {
    AbstractorConfig settings =
        TestConfig.of(AbstractorConfig.class, Map.of("owl.checkpoint", checkpoint.toString()));
    return new RunningAbstractor(new AbstractorStage(settings, new RunningCalls()), settings);
  }

  static <T> T at(Map<String, T> map, String key) {
    return Objects.requireNonNull(map.get(key), key);
  }

  Tensor features() {
    return TensorCodec.toProto(
        at(GOLDEN, "features/rgb.png"),
        Lineage.newBuilder()
            .setContentKey("00")
            .setVisionDigest(stage().engine().visionDigest())
            .build());
  }

  /** Sends features on one stream; what comes back, by id. */
  Map<String, ResampleResponse> resample(Map<String, Tensor> features) {
    var stub = VisualAbstractorGrpc.newStub(channel()).withDeadlineAfter(60, TimeUnit.SECONDS);
    return exchange(
            stub::resample,
            features.entrySet().stream()
                .map(item ->
                    ResampleRequest.newBuilder()
                        .setId(item.getKey())
                        .setFeatures(item.getValue())
                        .build())
                .toList())
        .stream()
        .collect(Collectors.toMap(ResampleResponse::getId, Function.identity()));
  }
}
