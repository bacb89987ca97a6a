// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import io.owlmesh.model.json.JsonFields;
import io.owlmesh.model.json.Problems;
import java.util.Map;
import java.util.Set;

/**
 * What PEFT's adapter_config.json says of a LoRA. Fields are either understood, or must have the
 * value with which they change nothing; a field that is not known here may change the arithmetic,
 * so it is a problem, by name, unless it is null, false or empty.
 *
 * @param rank r; 0 if unknown
 * @param alpha 0 if unknown
 * @param rootScaling whether the scaling is alpha / sqrt(r) (rsLoRA) instead of alpha / r
 * @param ranks of layers that have another one
 * @param alphas of layers that have another one
 */
record AdapterConfig(
    int rank, double alpha, boolean rootScaling, ModulePatterns ranks, ModulePatterns alphas) {
  static final AdapterConfig UNKNOWN =
      new AdapterConfig(0, 0, false, ModulePatterns.NONE, ModulePatterns.NONE);

  /** What PEFT takes where the file does not say. */
  private static final double DEFAULT_ALPHA = 8;

  private static final int MAX_RANK = 4096;
  private static final double MAX_ALPHA = 1e6;

  /** Read below. */
  private static final Set<String> READ =
      Set.of("peft_type", "r", "lora_alpha", "use_rslora", "rank_pattern", "alpha_pattern");

  /**
   * Where an adapter comes from, how it was trained, and which layers it has, which the matrices
   * tell themselves.
   */
  private static final Set<String> WITHOUT_EFFECT =
      Set.of(
          "auto_mapping",
          "base_model_name_or_path",
          "corda_config",
          "ensure_weight_tying",
          "eva_config",
          "exclude_modules",
          "inference_mode",
          "layers_pattern",
          "layers_to_transform",
          "loftq_config",
          "lora_dropout",
          "megatron_core",
          "merge_weights",
          "peft_version",
          "qalora_group_size",
          "revision",
          "runtime_config",
          "target_modules",
          "task_type");

  /** Values that are allowed besides null, false and what is empty. */
  private static final Map<String, Set<String>> NEUTRAL =
      Map.of(
          "bias", Set.of("none"),
          // PiSSA and its kin change the base weights too, so the matrices alone are not the
          // adapter.
          "init_lora_weights", Set.of("true", "gaussian", "eva", "orthogonal"));

  static AdapterConfig read(JsonNode json, Problems problems) {
    JsonFields f = new JsonFields("adapter_config.json", json, problems);
    String type = f.text("peft_type").orElse("LORA");
    f.require(type.equals("LORA"), "peft_type is '" + type + "'; only LORA is supported");
    for (Map.Entry<String, JsonNode> field : json.properties()) {
      String key = field.getKey();
      if (!READ.contains(key) && !WITHOUT_EFFECT.contains(key)) {
        f.require(isNeutral(key, field.getValue()), refusal(key, field.getValue()));
      }
    }
    return new AdapterConfig(
        f.count("r", 0, MAX_RANK),
        f.positive("lora_alpha", DEFAULT_ALPHA, MAX_ALPHA),
        f.flag("use_rslora", false),
        ModulePatterns.read(f, "rank_pattern", MAX_RANK),
        ModulePatterns.read(f, "alpha_pattern", MAX_ALPHA));
  }

  private static boolean isNeutral(String key, JsonNode value) {
    boolean isEmpty = value.isContainerNode() ? value.isEmpty() : value.asText().isEmpty();
    return value.isNull()
        || isEmpty
        || (value.isBoolean() && !value.booleanValue())
        || NEUTRAL.getOrDefault(key, Set.of()).contains(value.asText());
  }

  private static String refusal(String key, JsonNode value) {
    String shown = value.isTextual() ? " '" + value.asText() + "'" : "";
    return key + shown + " is not supported";
  }
}
