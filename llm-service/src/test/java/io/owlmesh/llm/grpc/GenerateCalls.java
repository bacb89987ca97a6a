// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.grpc;

import io.grpc.Status;
import io.owlmesh.core.HostTensor;
import io.owlmesh.llm.LlmEngine;
import io.owlmesh.model.weights.SafetensorsFile;
import io.owlmesh.proto.llm.v1.GenerateRequest;
import io.owlmesh.proto.llm.v1.GenerateResponse;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.proto.llm.v1.PromptPart;
import io.owlmesh.proto.tensor.v1.Lineage;
import io.owlmesh.proto.tensor.v1.Tensor;
import io.owlmesh.stage.StageServer;
import io.owlmesh.wire.TensorCodec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** Asks a service with the tiny model. */
final class GenerateCalls {
  static final Path TINY = Path.of("../lib/model/src/test/resources/owl-tiny");
  private static final Map<String, HostTensor> GOLDEN =
      SafetensorsFile.load(TINY.resolve("forward.safetensors"));

  private static final String PREFIX = "visual_tokens/";

  private GenerateCalls() {}

  static List<GenerateResponse> generate(
      TinyLlm service, List<PromptPart> parts, GenerationOptions options) {
    List<GenerateRequest> requests = new ArrayList<>();
    parts.forEach(part -> requests.add(GenerateRequest.newBuilder().setPart(part).build()));
    requests.add(GenerateRequest.newBuilder().setOptions(options).build());
    var stub = LanguageModelGrpc.newStub(service.channel()).withDeadlineAfter(60, TimeUnit.SECONDS);
    return StageServer.exchange(stub::generate, requests);
  }

  static Status refusal(TinyLlm service, List<PromptPart> parts, GenerationOptions options) {
    try {
      generate(service, parts, options);
    } catch (CompletionException e) {
      return Status.fromThrowable(Objects.requireNonNull(e.getCause()));
    }
    throw new AssertionError("was not refused");
  }

  static PromptPart text(String text) {
    return PromptPart.newBuilder().setText(text).build();
  }

  /** Names of pictures whose visual tokens are known. */
  static List<String> images() {
    return GOLDEN.keySet().stream()
        .filter(name -> name.startsWith(PREFIX))
        .map(name -> name.substring(PREFIX.length()))
        .sorted()
        .toList();
  }

  /** Visual tokens of a picture, as the abstractor would send them. */
  static Tensor visualTokens(TinyLlm service, String image) {
    LlmEngine engine = service.stage().engine();
    return TensorCodec.toProto(
        Objects.requireNonNull(GOLDEN.get(PREFIX + image), image),
        Lineage.newBuilder()
            .setContentKey("00")
            .setVisionDigest(engine.visionDigest())
            .setAbstractorDigest(engine.abstractorDigest())
            .build());
  }
}
