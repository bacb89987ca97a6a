// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.network;

import io.owlmesh.model.checkpoint.Part;
import java.util.Optional;

/**
 * What a stage learns; everything else is frozen.
 *
 * @param queries the query tokens
 * @param abstractor everything of the abstractor but its queries
 */
public record Trainables(
    boolean vision,
    boolean queries,
    boolean abstractor,
    boolean languageModel,
    Optional<Lora> lora) {
  private static final String QUERIES = "query_tokens";

  boolean contains(String tensor) {
    Part part = Part.of(tensor).orElseThrow(() -> new IllegalArgumentException(tensor));
    return switch (part) {
      case VISION -> vision;
      case ABSTRACTOR -> tensor.equals(QUERIES) ? queries : abstractor;
      case LANGUAGE -> languageModel;
    };
  }
}
