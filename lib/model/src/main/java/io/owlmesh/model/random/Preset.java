// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.random;

import io.owlmesh.core.OwlException;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.family.ModelFamilies;
import java.util.Comparator;
import java.util.List;

/**
 * Dimensions to make a random checkpoint of.
 *
 * @param name what people call it
 */
public record Preset(String name, ModelConfig config) {
  /** The released mPLUG-Owl 7B. */
  public static final Preset OWL_7B = named("mplug-owl-7b");

  /** Small enough for a laptop's processor and a test, with every feature of the large one. */
  public static final Preset NANO = named("nano");

  /**
   * The same widths with fewer layers: tensors on the wire keep their sizes while the work shrinks.
   *
   * @param layers of each of the three parts
   * @throws OwlException BAD_INPUT unless 1 to the layers of the shallowest part
   */
  public Preset withLayers(int layers) {
    return new Preset("%s of %d layers".formatted(name, layers), config.withLayers(layers));
  }

  /** All presets of all families, by name. */
  public static List<Preset> all() {
    return ModelFamilies.all().stream()
        .flatMap(family -> family.presets().entrySet().stream())
        .map(entry -> new Preset(entry.getKey(), entry.getValue()))
        .sorted(Comparator.comparing(Preset::name))
        .toList();
  }

  /**
   * A preset by name.
   *
   * @throws OwlException BAD_INPUT naming those that exist
   */
  public static Preset named(String name) {
    return all().stream()
        .filter(p -> p.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            OwlException.badInput(
                "preset",
                "'%s' is none of %s".formatted(name, all().stream().map(Preset::name).toList())));
  }
}
