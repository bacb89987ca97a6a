// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.weights;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Maps the names found in files to those of the model. PEFT wraps a model and saves the wrapping in
 * the names: {@code base_model.model.X}, {@code X.base_layer.weight} since 0.7, and {@code
 * X.lora_A.default.weight} where "default" is the adapter's name.
 */
public final class TensorNames {
  private static final String WRAPPER = "base_model.model.";
  private static final Pattern BASE_LAYER = Pattern.compile("(.+)\\.base_layer\\.(weight|bias)");
  private static final Pattern NAMED_LORA = Pattern.compile("(.+\\.lora_[AB])\\.[^.]+\\.weight");
  private static final Pattern LORA = Pattern.compile("(.+)\\.lora_([AB])\\.weight");

  private static final Pattern LANGUAGE_LAYER =
      Pattern.compile("(?:model\\.)?(?:language_model\\.)?(?:model\\.)?(layers\\.\\d+\\..+)");

  private static final Pattern BLOOM_LAYER =
      Pattern.compile("(?:language_model\\.)?(?:transformer\\.)?(h\\.\\d+\\..+)");

  /** A LoRA matrix: the linear layer it changes, and whether it is A or B. */
  public record Lora(String module, boolean isA) {}

  private TensorNames() {}

  /**
   * The canonical name; empty for what no model needs: rotary tables, which are rounded in files
   * and recomputed in float32 here.
   */
  static Optional<String> canonical(String name) {
    if (name.endsWith(".rotary_emb.inv_freq")) {
      return Optional.empty();
    }
    String plain = name.startsWith(WRAPPER) ? name.substring(WRAPPER.length()) : name;
    Matcher base = BASE_LAYER.matcher(plain);
    if (base.matches()) {
      return Optional.of(base.group(1) + "." + base.group(2));
    }
    Matcher lora = NAMED_LORA.matcher(plain);
    return Optional.of(lora.matches() ? lora.group(1) + ".weight" : plain);
  }

  /** Reads a canonical name as that of a LoRA matrix. */
  public static Optional<Lora> lora(String canonical) {
    Matcher matcher = LORA.matcher(canonical);
    return matcher.matches()
        ? Optional.of(new Lora(matcher.group(1), matcher.group(2).equals("A")))
        : Optional.empty();
  }

  /**
   * The path in the whole model of a layer that an adapter names: adapters are also made on the
   * language model alone, where {@code model.layers.0} or {@code layers.0} is what is here {@code
   * language_model.model.layers.0}, and a BLOOM's {@code transformer.h.0} is {@code
   * language_model.transformer.h.0}. Other paths stay as they are.
   */
  public static String inWholeModel(String module) {
    Matcher layer = LANGUAGE_LAYER.matcher(module);
    if (layer.matches()) {
      return "language_model.model." + layer.group(1);
    }
    Matcher bloom = BLOOM_LAYER.matcher(module);
    return bloom.matches() ? "language_model.transformer." + bloom.group(1) : module;
  }

  /** Whether an adapter made this tensor, supported or not. */
  static boolean isAdapter(String canonical) {
    return canonical.contains(".lora_");
  }
}
