// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

import io.grpc.MethodDescriptor;
import io.owlmesh.proto.abstractor.v1.VisualAbstractorGrpc;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.inference.GRPCInferenceServiceGrpc;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.proto.mesh.v1.MeshGrpc;
import io.owlmesh.proto.training.v1.CollectiveGrpc;
import io.owlmesh.proto.vision.v1.VisionEncoderGrpc;
import java.util.Map;

/**
 * Largest request message of each method, bytes, before and after decompression. Only methods that
 * carry tensors, images, adapters or long texts take more than {@link #USUAL}.
 */
public final class MessageLimits {
  /** Largest request message of a method that is not listed, bytes. */
  public static final int USUAL = 64 << 10;

  private static final int TENSOR = Wire.MAX_MESSAGE;

  /** A chunk of an image, or a text of 1 Mi characters of up to 4 bytes each, and room. */
  private static final int CHUNK = (4 << 20) + USUAL;

  /** A message or the settings of a session, whose own limits are 64 Ki and 4 Ki characters. */
  private static final int TEXT = 512 << 10;

  private static final Map<String, Integer> LARGER =
      Map.ofEntries(
          entry(VisionEncoderGrpc.getEncodeMethod(), TENSOR),
          entry(VisualAbstractorGrpc.getResampleMethod(), TENSOR),
          entry(LanguageModelGrpc.getGenerateMethod(), TENSOR),
          entry(LanguageModelGrpc.getScoreMethod(), TENSOR),
          entry(LanguageModelGrpc.getUploadAdapterMethod(), TENSOR),
          entry(LanguageModelGrpc.getTokenizeMethod(), CHUNK),
          entry(GRPCInferenceServiceGrpc.getModelInferMethod(), TENSOR),
          entry(CollectiveGrpc.getPutMethod(), TENSOR),
          entry(ChatGrpc.getAnswerMethod(), CHUNK),
          entry(ChatGrpc.getUploadImageMethod(), CHUNK),
          entry(ChatGrpc.getEncodeImageMethod(), CHUNK),
          entry(MeshGrpc.getRestoreMethod(), CHUNK),
          entry(ChatGrpc.getSendMessageMethod(), TEXT),
          entry(ChatGrpc.getCreateSessionMethod(), TEXT),
          entry(ChatGrpc.getUpdateSessionMethod(), TEXT));

  private MessageLimits() {}

  private static Map.Entry<String, Integer> entry(MethodDescriptor<?, ?> method, int bytes) {
    return Map.entry(method.getFullMethodName(), bytes);
  }

  /**
   * The limit of a method.
   *
   * @param method {@code package.Service/Method}
   * @return bytes
   */
  public static int of(String method) {
    return LARGER.getOrDefault(method, USUAL);
  }
}
