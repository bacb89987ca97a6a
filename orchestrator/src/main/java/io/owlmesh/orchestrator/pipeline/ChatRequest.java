// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.owlmesh.model.text.Prompt;
import io.owlmesh.proto.chat.v1.Weights;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A checked request, complete with its images.
 *
 * @param images the files in the order of their places in the prompt
 * @param session whose turn it is; empty if it is none
 * @param weights that answer, where others are tried beside those in use
 */
public record ChatRequest(
    Prompt prompt,
    List<ImageContent> images,
    GenerationOptions options,
    String session,
    Weights weights) {
  /** Characters that a connector takes; it would leave out the beginning itself. */
  private static final int MAX_QUESTION = 16_384;

  /** A request that belongs to no session. */
  public ChatRequest(Prompt prompt, List<ImageContent> images, GenerationOptions options) {
    this(prompt, images, options, Weights.WEIGHTS_UNSPECIFIED);
  }

  /** A request that belongs to no session, for weights that it names. */
  public ChatRequest(
      Prompt prompt, List<ImageContent> images, GenerationOptions options, Weights weights) {
    this(prompt, images, options, "", weights);
  }

  /** A turn of a session. */
  public ChatRequest(
      Prompt prompt, List<ImageContent> images, GenerationOptions options, String session) {
    this(prompt, images, options, session, Weights.WEIGHTS_UNSPECIFIED);
  }

  public ChatRequest {
    images = List.copyOf(images);
  }

  /**
   * The image file at each place.
   *
   * @param asked whether visual tokens depend on what is asked
   */
  List<PromptImage> places(boolean asked) {
    PromptImage[] places = new PromptImage[images.size()];
    pictures(asked).forEach(picture -> picture.indices().forEach(i -> places[i] = picture));
    return List.of(places);
  }

  /** The image files, each once. */
  private List<PromptImage> pictures(boolean asked) {
    String text = asked ? prompt.text() : "";
    String question = text.substring(Math.max(0, text.length() - MAX_QUESTION));
    Map<String, List<Integer>> places = new LinkedHashMap<>();
    for (int i = 0; i < images.size(); i++) {
      places.computeIfAbsent(images.get(i).sha256(), _ -> new ArrayList<>()).add(i);
    }
    return places.values().stream()
        .map(indices -> new PromptImage(images.get(indices.getFirst()), indices, question))
        .toList();
  }
}
