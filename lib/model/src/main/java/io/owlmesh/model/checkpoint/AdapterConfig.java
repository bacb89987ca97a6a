// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import io.owlmesh.model.json.JsonFields;
import io.owlmesh.model.json.Problems;
import java.util.List;
import java.util.Set;

/**
 * What PEFT's adapter_config.json says of a LoRA. Features that change the arithmetic in ways not
 * implemented here are problems, by name.
 *
 * @param rank r; 0 if unknown
 * @param alpha 0 if unknown
 * @param rootScaling whether the scaling is alpha / sqrt(r) (rsLoRA) instead of alpha / r
 */
record AdapterConfig(int rank, double alpha, boolean rootScaling) {
  static final AdapterConfig UNKNOWN = new AdapterConfig(0, 0, false);
  private static final int MAX_RANK = 4096;
  private static final Set<String> PLAIN_STARTS =
      Set.of("true", "false", "gaussian", "eva", "orthogonal");

  static AdapterConfig read(JsonNode json, Problems problems) {
    JsonFields f = new JsonFields("adapter_config.json", json, problems);
    String type = f.text("peft_type").orElse("LORA");
    f.require(type.equals("LORA"), "peft_type is '" + type + "'; only LORA is supported");
    for (String key : List.of("use_dora", "fan_in_fan_out", "lora_bias", "use_qalora")) {
      f.require(!f.flag(key, false), key + " is not supported");
    }
    String bias = f.text("bias").orElse("none");
    f.require(bias.equals("none"), "bias '" + bias + "' is not supported, only 'none'");
    for (String key :
        List.of(
            "modules_to_save",
            "rank_pattern",
            "alpha_pattern",
            "layer_replication",
            "trainable_token_indices",
            "target_parameters")) {
      f.require(!f.isPresent(key) || f.raw(key).isEmpty(), key + " is not supported");
    }
    // PiSSA and its kin change the base weights too, so the matrices alone are not the adapter.
    String start = f.text("init_lora_weights").orElse("true");
    f.require(PLAIN_STARTS.contains(start), "init_lora_weights '" + start + "' is not supported");
    return new AdapterConfig(
        f.count("r", 0, MAX_RANK), f.positive("lora_alpha", 0, 1e6), f.flag("use_rslora", false));
  }
}
