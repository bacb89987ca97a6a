// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family.llava;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.core.DType;
import io.owlmesh.model.image.Fit;
import io.owlmesh.model.image.Preprocessing;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The three configuration files as transformers 4 writes them, whatever they were read from. */
final class LlavaFiles {
  private LlavaFiles() {}

  static Map<String, ObjectNode> of(LlavaConfig config, DType dtype) {
    return Map.of(
        "config.json", config(config, dtype),
        "preprocessor_config.json", preprocessor(config.preprocessing()),
        "generation_config.json",
            JsonNodeFactory.instance
                .objectNode()
                .put("bos_token_id", config.language().bos())
                .put("eos_token_id", config.language().eos()));
  }

  private static ObjectNode config(LlavaConfig config, DType dtype) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.putArray("architectures").add(LlavaConfig.ARCHITECTURE);
    root.put("model_type", LlavaConfig.MODEL_TYPE);
    root.put("torch_dtype", dtype.name().toLowerCase(Locale.ROOT));
    root.put("projector_hidden_act", config.projector().gelu() ? "gelu" : "linear");
    LlavaConfig.Tower tower = config.tower();
    List<Integer> states = tower.states();
    if (states.size() == 1) {
      root.put("vision_feature_layer", states.getFirst());
    } else {
      ArrayNode layers = root.putArray("vision_feature_layer");
      states.forEach(layers::add);
    }
    root.put("vision_feature_select_strategy", tower.keepsClass() ? "full" : "default");
    root.put("conversation_template", config.template());
    if (config.imageToken() < config.language().vocabulary()) {
      root.put("image_token_index", config.imageToken());
    }
    vision(root.putObject("vision_config"), tower);
    config.language().write(root.putObject("text_config"));
    return root;
  }

  private static void vision(ObjectNode node, LlavaConfig.Tower t) {
    node.put("model_type", "clip_vision_model")
        .put("hidden_size", t.width())
        .put("intermediate_size", t.mlpWidth())
        .put("num_hidden_layers", t.layers())
        .put("num_attention_heads", t.heads())
        .put("image_size", t.imageSize())
        .put("patch_size", t.patchSize())
        .put("layer_norm_eps", t.epsilon())
        .put("hidden_act", "quick_gelu");
  }

  private static ObjectNode preprocessor(Preprocessing p) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("image_processor_type", "CLIPImageProcessor").put("resample", 3);
    ObjectNode size = node.putObject("size");
    if (p.fit() == Fit.SQUASH) {
      size.put("height", p.size()).put("width", p.size());
    } else {
      size.put("shortest_edge", p.size());
    }
    node.putObject("crop_size").put("height", p.size()).put("width", p.size());
    node.put("do_center_crop", true).put("do_pad", p.fit() == Fit.PAD);
    node.putArray("image_mean").add(p.meanRed()).add(p.meanGreen()).add(p.meanBlue());
    node.putArray("image_std").add(p.deviationRed()).add(p.deviationGreen()).add(p.deviationBlue());
    return node;
  }
}
