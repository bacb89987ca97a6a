// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family.mplugowl;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.core.DType;
import io.owlmesh.model.family.LanguageConfig;
import io.owlmesh.model.image.Preprocessing;
import java.util.Locale;
import java.util.Map;

/** The three configuration files, with the keys that the authors' code reads. */
final class MplugOwlFiles {
  private MplugOwlFiles() {}

  static Map<String, ObjectNode> of(MplugOwlConfig config, DType dtype) {
    return Map.of(
        "config.json", config(config, dtype),
        "preprocessor_config.json", preprocessor(config.preprocessing()),
        "generation_config.json", generation(config.language()));
  }

  private static ObjectNode config(MplugOwlConfig config, DType dtype) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.putArray("architectures").add(MplugOwlConfig.ARCHITECTURE);
    root.put("model_type", MplugOwlConfig.MODEL_TYPE);
    root.put("num_query_tokens", config.queries());
    root.put("torch_dtype", dtype.name().toLowerCase(Locale.ROOT));
    vision(root.putObject("vision_config"), config.vision());
    abstractor(root.putObject("visual_abstractor_config"), config);
    config.language().write(root.putObject("text_config"));
    return root;
  }

  private static void vision(ObjectNode node, MplugOwlConfig.Vision v) {
    node.put("model_type", "mplug_owl_vision_model")
        .put("hidden_size", v.width())
        .put("intermediate_size", v.mlpWidth())
        .put("num_hidden_layers", v.layers())
        .put("num_attention_heads", v.heads())
        .put("image_size", v.imageSize())
        .put("patch_size", v.patchSize())
        .put("layer_norm_eps", v.epsilon())
        .put("hidden_act", "quick_gelu");
  }

  private static void abstractor(ObjectNode node, MplugOwlConfig config) {
    MplugOwlConfig.Abstractor a = config.abstractor();
    node.put("model_type", "mplug_owl_visual_abstract")
        .put("hidden_size", a.width())
        .put("encoder_hidden_size", config.vision().width())
        .put("num_hidden_layers", a.layers())
        .put("num_attention_heads", a.heads())
        .put("intermediate_size", a.mlpWidth())
        .put("layer_norm_eps", a.epsilon());
  }

  private static ObjectNode preprocessor(Preprocessing p) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("resolution", p.size());
    node.putArray("image_mean").add(p.meanRed()).add(p.meanGreen()).add(p.meanBlue());
    node.putArray("image_std").add(p.deviationRed()).add(p.deviationGreen()).add(p.deviationBlue());
    return node;
  }

  private static ObjectNode generation(LanguageConfig l) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("bos_token_id", l.bos())
        .put("eos_token_id", l.eos())
        .put("pad_token_id", 0)
        .put("unk_token_id", 0)
        .put("do_sample", true)
        .put("top_k", 3)
        .put("max_length", 512);
  }
}
