// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

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
          Map.entry("owlmesh.vision.v1.VisionEncoder/Encode", TENSOR),
          Map.entry("owlmesh.abstractor.v1.VisualAbstractor/Resample", TENSOR),
          Map.entry("owlmesh.llm.v1.LanguageModel/Generate", TENSOR),
          Map.entry("owlmesh.llm.v1.LanguageModel/Score", TENSOR),
          Map.entry("owlmesh.llm.v1.LanguageModel/UploadAdapter", TENSOR),
          Map.entry("owlmesh.llm.v1.LanguageModel/Tokenize", CHUNK),
          Map.entry("inference.GRPCInferenceService/ModelInfer", TENSOR),
          Map.entry("owlmesh.chat.v1.Chat/Answer", CHUNK),
          Map.entry("owlmesh.chat.v1.Chat/UploadImage", CHUNK),
          Map.entry("owlmesh.chat.v1.Chat/SendMessage", TEXT),
          Map.entry("owlmesh.chat.v1.Chat/CreateSession", TEXT),
          Map.entry("owlmesh.chat.v1.Chat/UpdateSession", TEXT));

  private MessageLimits() {}

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
