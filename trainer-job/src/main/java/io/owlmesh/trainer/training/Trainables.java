// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.training;

import io.owlmesh.model.checkpoint.Part;
import java.util.Optional;

/**
 * What a stage learns; everything else is frozen.
 *
 * @param queries the query tokens
 * @param abstractor everything of the abstractor but its queries
 * @param projection of the abstractor, the last linear layer
 */
public record Trainables(
    boolean vision,
    boolean queries,
    boolean abstractor,
    boolean projection,
    boolean languageModel,
    Optional<Lora> lora) {
  private static final String QUERIES = "query_tokens";
  private static final String PROJECTION = "abstractor.visual_fc.";

  /** Whether something between the vision encoder and the language model learns. */
  boolean connector() {
    return queries || abstractor || projection;
  }

  boolean contains(String tensor) {
    Part part = Part.of(tensor).orElseThrow(() -> new IllegalArgumentException(tensor));
    return switch (part) {
      case VISION -> vision;
      case ABSTRACTOR ->
          tensor.equals(QUERIES)
              ? queries
              : abstractor || (projection && tensor.startsWith(PROJECTION));
      case LANGUAGE -> languageModel;
    };
  }
}
