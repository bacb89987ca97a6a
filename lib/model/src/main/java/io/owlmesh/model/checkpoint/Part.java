// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.checkpoint;

import java.util.Locale;
import java.util.Optional;

/**
 * The parts of the model that can be loaded apart from each other, by the names of their tensors.
 */
public enum Part {
  /** {@code vision_model.*}. */
  VISION,
  /** {@code abstractor.*} and {@code query_tokens}. */
  ABSTRACTOR,
  /** {@code language_model.*}. */
  LANGUAGE;

  /** The part that a tensor belongs to; empty if no part has such names. */
  public static Optional<Part> of(String canonicalName) {
    if (canonicalName.startsWith("vision_model.")) {
      return Optional.of(VISION);
    }
    if (canonicalName.startsWith("abstractor.") || canonicalName.equals("query_tokens")) {
      return Optional.of(ABSTRACTOR);
    }
    return canonicalName.startsWith("language_model.") ? Optional.of(LANGUAGE) : Optional.empty();
  }

  /** The name in lower case, for people. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
