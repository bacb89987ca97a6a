// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.vision;

import com.google.protobuf.ByteString;
import io.opentelemetry.api.OpenTelemetry;
import io.owlmesh.proto.vision.v1.EncodeRequest;
import io.owlmesh.proto.vision.v1.EncodeResponse;
import io.owlmesh.proto.vision.v1.VisionEncoderGrpc;
import io.owlmesh.stage.StageServer;
import io.owlmesh.wire.RunningCalls;
import io.owlmesh.wire.TestConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The services of the vision stage behind a real socket, with the tiny model. */
final class RunningVision extends StageServer<VisionStage> {
  static final Path TINY = Path.of("../lib/model/src/test/resources/owl-tiny");

  private RunningVision(VisionStage stage, VisionConfig settings) throws Exception {
    super(
        stage,
        new VisionGrpcService(stage, settings, OpenTelemetry.noop().getTracer("test")),
        new VisionInferenceGrpcService(new VisionModels(stage, settings), stage.calls(), "0.0.0"));
  }

  static RunningVision start() throws Exception {
    return start(TINY.resolve("checkpoints/safetensors"));
  }

  /** With the defaults, but for small files. */
  static RunningVision start(Path checkpoint) throws Exception {
    VisionConfig settings =
        TestConfig.of(
            VisionConfig.class,
            Map.of("owl.checkpoint", checkpoint.toString(), "owl.max-image-bytes", "1048576"));
    return new RunningVision(new VisionStage(settings, new RunningCalls()), settings);
  }

  static ByteString image(String name) throws IOException {
    return ByteString.copyFrom(Files.readAllBytes(TINY.resolve("images").resolve(name)));
  }

  static <T> T at(Map<String, T> map, String key) {
    return Objects.requireNonNull(map.get(key), key);
  }

  /** Sends images on one stream; what comes back, by id. */
  Map<String, EncodeResponse> encode(Map<String, ByteString> images) {
    var stub = VisionEncoderGrpc.newStub(channel()).withDeadlineAfter(60, TimeUnit.SECONDS);
    return exchange(
            stub::encode,
            images.entrySet().stream()
                .map(image ->
                    EncodeRequest.newBuilder()
                        .setId(image.getKey())
                        .setImage(image.getValue())
                        .build())
                .toList())
        .stream()
        .collect(Collectors.toMap(EncodeResponse::getId, Function.identity()));
  }
}
