// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family.llava;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The names of tensors, in the five ways in which files have them. Canonical are those that
 * transformers wrote up to version 4, and hubs hold.
 */
final class LlavaNames {
  static final String TOWER = "vision_tower.vision_model.";
  static final String PROJECTOR = "multi_modal_projector.";
  static final String LANGUAGE = "language_model.";
  static final String LLAMA = LANGUAGE + "model.";

  static final String AUTHORS = "those of LLaVA's authors";
  private static final String OLD = "those of transformers up to 4";
  private static final String NEW = "those of transformers from 4.52 on";

  /** Of a CLIP whose half for text is there, and of old folders. */
  private static final Pattern UNUSED =
      Pattern.compile(
          "text_model\\..*|logit_scale|(visual|text)_projection\\.weight|.*\\.position_ids");

  /** A beginning of names, what stands for it canonically, and who writes it; first match wins. */
  private record Prefix(String found, String canonical, Optional<String> naming) {
    static Prefix of(String found, String canonical, String naming) {
      return new Prefix(found, canonical, Optional.of(naming));
    }
  }

  private static final List<Prefix> PREFIXES =
      List.of(
          Prefix.of("vision_tower.vision_model.", TOWER, OLD),
          Prefix.of("multi_modal_projector.", PROJECTOR, OLD),
          Prefix.of("language_model.", LANGUAGE, OLD),
          Prefix.of("model.vision_tower.vision_tower.vision_model.", TOWER, AUTHORS),
          Prefix.of("model.vision_tower.vision_model.", TOWER, NEW),
          Prefix.of("model.vision_tower.", TOWER, NEW),
          Prefix.of("model.multi_modal_projector.", PROJECTOR, NEW),
          Prefix.of("model.language_model.", LLAMA, NEW),
          Prefix.of("model.mm_projector.0.", PROJECTOR + "linear_1.", AUTHORS),
          Prefix.of("model.mm_projector.2.", PROJECTOR + "linear_2.", AUTHORS),
          Prefix.of("model.mm_projector.", PROJECTOR + "linear_1.", AUTHORS),
          Prefix.of("model.layers.", LLAMA + "layers.", AUTHORS),
          Prefix.of("model.embed_tokens.", LLAMA + "embed_tokens.", AUTHORS),
          Prefix.of("model.norm.", LLAMA + "norm.", AUTHORS),
          new Prefix("lm_head.", LANGUAGE + "lm_head.", Optional.empty()),
          // Of a tower in a folder of its own.
          new Prefix("vision_model.", TOWER, Optional.empty()));

  private LlavaNames() {}

  static Optional<String> canonical(String name) {
    if (UNUSED.matcher(name).matches()) {
      return Optional.empty();
    }
    return Optional.of(
        prefix(name).map(p -> p.canonical() + name.substring(p.found().length())).orElse(name));
  }

  static Optional<String> naming(String name) {
    return prefix(name).flatMap(Prefix::naming);
  }

  private static Optional<Prefix> prefix(String name) {
    return PREFIXES.stream().filter(p -> name.startsWith(p.found())).findFirst();
  }
}
