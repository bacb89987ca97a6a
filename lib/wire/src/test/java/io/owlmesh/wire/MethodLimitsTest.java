// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.grpc.health.v1.HealthGrpc;
import io.owlmesh.proto.abstractor.v1.VisualAbstractorGrpc;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.inference.GRPCInferenceServiceGrpc;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.proto.vision.v1.VisionEncoderGrpc;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A method that carries more than the usual, and no other, may take more. */
class MethodLimitsTest {
  private static final List<ServiceDescriptor> SERVICES =
      List.of(
          VisionEncoderGrpc.getServiceDescriptor(),
          VisualAbstractorGrpc.getServiceDescriptor(),
          LanguageModelGrpc.getServiceDescriptor(),
          GRPCInferenceServiceGrpc.getServiceDescriptor(),
          ChatGrpc.getServiceDescriptor(),
          HealthGrpc.getServiceDescriptor());

  @Test
  void everyMethodOfEveryServiceHasItsLimit() {
    Map<String, Integer> larger = new HashMap<>();
    for (ServiceDescriptor service : SERVICES) {
      for (MethodDescriptor<?, ?> method : service.getMethods()) {
        int limit = MessageLimits.of(method.getFullMethodName());
        if (limit != 65_536) {
          larger.put(method.getFullMethodName(), limit);
        }
      }
    }

    assertThat(larger)
        .containsExactlyInAnyOrderEntriesOf(
            Map.ofEntries(
                Map.entry("owlmesh.vision.v1.VisionEncoder/Encode", 33_554_432),
                Map.entry("owlmesh.abstractor.v1.VisualAbstractor/Resample", 33_554_432),
                Map.entry("owlmesh.llm.v1.LanguageModel/Generate", 33_554_432),
                Map.entry("owlmesh.llm.v1.LanguageModel/Score", 33_554_432),
                Map.entry("owlmesh.llm.v1.LanguageModel/UploadAdapter", 33_554_432),
                Map.entry("owlmesh.llm.v1.LanguageModel/Tokenize", 4_259_840),
                Map.entry("inference.GRPCInferenceService/ModelInfer", 33_554_432),
                Map.entry("owlmesh.chat.v1.Chat/Answer", 4_259_840),
                Map.entry("owlmesh.chat.v1.Chat/UploadImage", 4_259_840),
                Map.entry("owlmesh.chat.v1.Chat/EncodeImage", 4_259_840),
                Map.entry("owlmesh.chat.v1.Chat/SendMessage", 524_288),
                Map.entry("owlmesh.chat.v1.Chat/CreateSession", 524_288),
                Map.entry("owlmesh.chat.v1.Chat/UpdateSession", 524_288)));
  }
}
