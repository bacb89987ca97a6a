// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family.blip;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.core.DType;
import io.owlmesh.model.image.Preprocessing;
import java.util.Locale;
import java.util.Map;

/** The three configuration files as transformers writes them. */
final class BlipFiles {
  private BlipFiles() {}

  static Map<String, ObjectNode> of(BlipConfig config, DType dtype) {
    return Map.of(
        "config.json", config(config, dtype),
        "preprocessor_config.json", preprocessor(config.preprocessing()),
        "generation_config.json",
            JsonNodeFactory.instance
                .objectNode()
                .put("bos_token_id", config.language().bos())
                .put("eos_token_id", config.language().eos()));
  }

  private static ObjectNode config(BlipConfig config, DType dtype) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.putArray("architectures")
        .add((config.readsQuestion() ? "InstructBlip" : "Blip2") + "ForConditionalGeneration");
    root.put("model_type", config.modelType());
    root.put("torch_dtype", dtype.name().toLowerCase(Locale.ROOT));
    root.put("num_query_tokens", config.qformer().queries());
    root.put("conversation_template", config.template());
    if (config.imageToken() < config.language().vocabulary()) {
      root.put("image_token_index", config.imageToken());
    }
    BlipConfig.Tower t = config.tower();
    root.putObject("vision_config")
        .put(
            "model_type",
            config.readsQuestion() ? "instructblip_vision_model" : "blip_2_vision_model")
        .put("hidden_size", t.width())
        .put("intermediate_size", t.mlpWidth())
        .put("num_hidden_layers", t.layers())
        .put("num_attention_heads", t.heads())
        .put("image_size", t.imageSize())
        .put("patch_size", t.patchSize())
        .put("layer_norm_eps", t.epsilon())
        .put("hidden_act", "gelu")
        .put("qkv_bias", true);
    BlipConfig.QFormer q = config.qformer();
    root.putObject("qformer_config")
        .put("model_type", config.readsQuestion() ? "instructblip_qformer" : "blip_2_qformer")
        .put("hidden_size", q.width())
        .put("intermediate_size", q.mlpWidth())
        .put("num_hidden_layers", q.layers())
        .put("num_attention_heads", q.heads())
        .put("layer_norm_eps", q.epsilon())
        .put("hidden_act", "gelu")
        .put("cross_attention_frequency", 2)
        .put("encoder_hidden_size", t.width())
        .put("vocab_size", q.vocabulary())
        .put("max_position_embeddings", q.positions());
    config.language().write(root.putObject("text_config"));
    return root;
  }

  private static ObjectNode preprocessor(Preprocessing p) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("image_processor_type", "BlipImageProcessor").put("resample", 3);
    node.putObject("size").put("height", p.size()).put("width", p.size());
    node.putArray("image_mean").add(p.meanRed()).add(p.meanGreen()).add(p.meanBlue());
    node.putArray("image_std").add(p.deviationRed()).add(p.deviationGreen()).add(p.deviationBlue());
    return node;
  }
}
