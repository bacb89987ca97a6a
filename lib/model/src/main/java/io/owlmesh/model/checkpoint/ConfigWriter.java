// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.checkpoint;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.core.DType;
import io.owlmesh.model.OwlConfig;
import io.owlmesh.model.json.StrictJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Writes config.json, preprocessor_config.json and generation_config.json with the keys that the
 * authors' code reads. {@link Checkpoint} reads back the same {@link OwlConfig}.
 */
public final class ConfigWriter {
  private ConfigWriter() {}

  /**
   * Writes the three files into a folder.
   *
   * @param dtype of the weights
   */
  public static void write(Path folder, OwlConfig config, DType dtype) throws IOException {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.putArray("architectures").add("MplugOwlForConditionalGeneration");
    root.put("model_type", "mplug-owl");
    root.put("num_query_tokens", config.queries());
    root.put("torch_dtype", dtype.name().toLowerCase(Locale.ROOT));
    vision(root.putObject("vision_config"), config.vision());
    abstractor(root.putObject("visual_abstractor_config"), config);
    text(root.putObject("text_config"), config.language());
    save(folder.resolve("config.json"), root);
    save(folder.resolve("preprocessor_config.json"), preprocessor(config.preprocessing()));
    save(folder.resolve("generation_config.json"), generation(config.language()));
  }

  private static void vision(ObjectNode node, OwlConfig.Vision v) {
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

  private static void abstractor(ObjectNode node, OwlConfig config) {
    OwlConfig.Abstractor a = config.abstractor();
    node.put("model_type", "mplug_owl_visual_abstract")
        .put("hidden_size", a.width())
        .put("encoder_hidden_size", config.vision().width())
        .put("num_hidden_layers", a.layers())
        .put("num_attention_heads", a.heads())
        .put("intermediate_size", a.mlpWidth())
        .put("layer_norm_eps", a.epsilon());
  }

  private static void text(ObjectNode node, OwlConfig.Language l) {
    node.put("model_type", "llama")
        .put("vocab_size", l.vocabulary())
        .put("hidden_size", l.width())
        .put("intermediate_size", l.mlpWidth())
        .put("num_hidden_layers", l.layers())
        .put("num_attention_heads", l.heads())
        .put("num_key_value_heads", l.keyValueHeads())
        .put("head_dim", l.headSize())
        .put("rms_norm_eps", l.epsilon())
        .put("rope_theta", l.ropeTheta())
        .put("max_position_embeddings", l.context())
        .put("hidden_act", "silu")
        .put("bos_token_id", l.bos())
        .put("eos_token_id", l.eos())
        .put("tie_word_embeddings", false);
  }

  private static ObjectNode preprocessor(OwlConfig.Preprocessing p) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("resolution", p.size());
    node.putArray("image_mean").add(p.meanRed()).add(p.meanGreen()).add(p.meanBlue());
    node.putArray("image_std").add(p.deviationRed()).add(p.deviationGreen()).add(p.deviationBlue());
    return node;
  }

  private static ObjectNode generation(OwlConfig.Language l) {
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

  private static void save(Path file, ObjectNode node) throws IOException {
    Files.writeString(
        file, StrictJson.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(node) + "\n");
  }
}
