// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.training;

import io.owlmesh.model.checkpoint.Part;
import io.owlmesh.model.family.ModelConfig;
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
  /** Whether something between the vision encoder and the language model learns. */
  boolean connector() {
    return queries || abstractor || projection;
  }

  boolean contains(ModelConfig config, String tensor) {
    Part part = Part.of(config, tensor).orElseThrow(() -> new IllegalArgumentException(tensor));
    return switch (part) {
      case VISION -> vision;
      case ABSTRACTOR ->
          config.isQuery(tensor)
              ? queries
              : abstractor || (projection && config.isProjection(tensor));
      case LANGUAGE -> languageModel;
    };
  }
}
