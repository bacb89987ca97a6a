// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.checkpoint;

import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.family.NetworkSpec;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The parts of the model that can be loaded apart from each other, a network each. */
public enum Part {
  /** The vision tower. */
  VISION,
  /** What makes visual tokens of features. */
  ABSTRACTOR,
  /** The language model. */
  LANGUAGE;

  /** The part that a tensor belongs to; empty if no part has such names. */
  public static Optional<Part> of(ModelConfig config, String canonicalName) {
    return Arrays.stream(values())
        .filter(part -> part.network(config).owns(canonicalName))
        .findFirst();
  }

  /** The network of this part. */
  public NetworkSpec network(ModelConfig config) {
    return switch (this) {
      case VISION -> config.visionNetwork();
      case ABSTRACTOR -> config.connectorNetwork();
      case LANGUAGE -> config.languageNetwork();
    };
  }

  /** The name in lower case, for people. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
