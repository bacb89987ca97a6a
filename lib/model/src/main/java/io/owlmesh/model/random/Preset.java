// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.random;

import io.owlmesh.core.OwlException;
import io.owlmesh.model.OwlConfig;
import io.owlmesh.model.checkpoint.PreprocessorFile;
import java.util.List;

/**
 * Dimensions to make a random checkpoint of.
 *
 * @param name what people call it
 */
public record Preset(String name, OwlConfig config) {
  /** The released 7B: 722 tensors of 7,123,068,928 parameters. */
  public static final Preset OWL_7B =
      new Preset(
          "mplug-owl-7b",
          new OwlConfig(
              new OwlConfig.Vision(1024, 4096, 24, 16, 224, 14, 1e-6),
              new OwlConfig.Abstractor(1024, 2816, 6, 16, 1e-6),
              new OwlConfig.Language(32000, 4096, 11008, 32, 32, 32, 128, 1e-6, 10_000, 2048, 1, 2),
              PreprocessorFile.clip(224),
              64));

  /** Small enough for a laptop's processor and a test, with every feature of the large one. */
  public static final Preset NANO =
      new Preset(
          "nano",
          new OwlConfig(
              new OwlConfig.Vision(128, 512, 4, 4, 112, 14, 1e-6),
              new OwlConfig.Abstractor(128, 256, 2, 4, 1e-6),
              new OwlConfig.Language(640, 192, 512, 4, 6, 6, 32, 1e-6, 10_000, 2048, 1, 2),
              PreprocessorFile.clip(112),
              16));

  /**
   * The same widths with fewer layers: tensors on the wire keep their sizes while the work shrinks.
   *
   * @param layers of each of the three parts
   * @throws OwlException BAD_INPUT unless 1 to the layers of the shallowest part
   */
  public Preset withLayers(int layers) {
    OwlConfig.Vision vision = config.vision();
    OwlConfig.Abstractor abstractor = config.abstractor();
    OwlConfig.Language language = config.language();
    int most = Math.min(vision.layers(), Math.min(abstractor.layers(), language.layers()));
    if (layers < 1 || layers > most) {
      throw OwlException.badInput("layers", layers + ", allowed are 1 to " + most);
    }
    return new Preset(
        "%s of %d layers".formatted(name, layers),
        new OwlConfig(
            vision.withLayers(layers),
            abstractor.withLayers(layers),
            language.withLayers(layers),
            config.preprocessing(),
            config.queries()));
  }

  /** All presets. */
  public static List<Preset> all() {
    return List.of(OWL_7B, NANO);
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
