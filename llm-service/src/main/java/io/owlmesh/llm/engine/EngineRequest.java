// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import io.owlmesh.runtime.language.LoraAdapter;
import java.util.List;

/**
 * What the engine is asked for.
 *
 * @param resumed ids that the answer has already, fewer than maxTokens
 * @param adapter stays open until the answer ends
 * @param maxTokens of each answer, at least 1
 * @param priority larger ones come first; equal ones in order of arrival
 * @param deadline {@link System#nanoTime} after which nobody wants the answer; {@link
 *     Long#MAX_VALUE} for never
 */
public record EngineRequest(
    EnginePrompt prompt,
    List<Integer> resumed,
    LoraAdapter adapter,
    DecodingStrategy strategy,
    int maxTokens,
    int priority,
    long deadline,
    TokenListener listener) {
  public EngineRequest {
    resumed = List.copyOf(resumed);
  }
}
