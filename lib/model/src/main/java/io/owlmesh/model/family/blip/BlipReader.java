// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family.blip;

import io.owlmesh.model.family.CheckpointFiles;
import io.owlmesh.model.family.ImageToken;
import io.owlmesh.model.family.PreprocessorReader;
import io.owlmesh.model.family.llama.LlamaConfig;
import io.owlmesh.model.image.Fit;
import io.owlmesh.model.json.ConfigReader;
import io.owlmesh.model.text.ChatTemplates;

/**
 * Reads the configuration of a BLIP-2 or InstructBLIP. Absent keys are as in transformers' classes;
 * released configurations name hardly any.
 */
final class BlipReader {
  private static final int MAX_WIDTH = 1 << 16;
  private static final int MAX_LAYERS = 1024;
  private static final int MAX_IMAGE = 4096;
  private static final int MAX_POSITIONS = 1 << 16;
  private static final double MAX_EPSILON = 0.1;

  /** InstructBLIP's sequences begin and end with Vicuna's end, whatever its configuration says. */
  private static final int VICUNA_END = 2;

  private final CheckpointFiles files;
  private final ConfigReader root;
  private final String type;
  private final boolean instructed;

  BlipReader(CheckpointFiles files, String type) {
    this.files = files;
    this.root = files.config();
    this.type = type;
    this.instructed = type.equals(InstructBlipFamily.MODEL_TYPE);
  }

  BlipConfig read() {
    BlipConfig.Tower tower = tower();
    LlamaConfig language =
        LlamaConfig.read(root.child("text_config"), files, BlipConfig.LANGUAGE + "model.");
    if (instructed && language.vocabulary() > VICUNA_END) {
      language = language.between(VICUNA_END, VICUNA_END);
    }
    return new BlipConfig(
        type,
        tower,
        qformer(tower.width()),
        language,
        PreprocessorReader.read(files.preprocessor(), Fit.SQUASH, tower.imageSize()),
        template(),
        ImageToken.read(root, language.vocabulary(), language.vocabulary()));
  }

  private BlipConfig.Tower tower() {
    ConfigReader f = root.child("vision_config");
    int width = f.count("hidden_size", 1408, MAX_WIDTH);
    int heads = f.count("num_attention_heads", 16, MAX_WIDTH);
    int image = f.count("image_size", 224, MAX_IMAGE);
    int patch = f.count("patch_size", 14, MAX_IMAGE);
    f.require(width % heads == 0, "%d heads do not divide width %d".formatted(heads, width));
    f.require(image % patch == 0, "patches of %d do not tile %d pixels".formatted(patch, image));
    f.require(f.flag("qkv_bias", true), "qkv_bias must be true");
    requireGelu(f);
    return new BlipConfig.Tower(
        width,
        f.count("intermediate_size", 6144, MAX_WIDTH),
        f.count("num_hidden_layers", 39, MAX_LAYERS),
        heads,
        image,
        patch,
        f.positive("layer_norm_eps", 1e-6, MAX_EPSILON));
  }

  private static void requireGelu(ConfigReader f) {
    String activation = f.text("hidden_act").orElse("gelu");
    f.require(activation.equals("gelu"), "hidden_act '" + activation + "' is not 'gelu'");
  }

  private BlipConfig.QFormer qformer(int features) {
    ConfigReader f = root.child("qformer_config");
    int width = f.count("hidden_size", 768, MAX_WIDTH);
    int heads = f.count("num_attention_heads", 12, MAX_WIDTH);
    int layers = f.count("num_hidden_layers", 12, MAX_LAYERS);
    int read = f.count("encoder_hidden_size", 1408, MAX_WIDTH);
    int every = f.count("cross_attention_frequency", 2, MAX_LAYERS);
    f.require(width % heads == 0, "%d heads do not divide width %d".formatted(heads, width));
    f.require(
        every == 2 && layers % 2 == 0,
        "features are read by every %d of %d layers; only every second of an even number is served"
            .formatted(every, layers));
    f.require(
        read == features,
        "encoder_hidden_size is %d, but the vision tower gives %d channels"
            .formatted(read, features));
    String positions = f.text("position_embedding_type").orElse("absolute");
    f.require(
        positions.equals("absolute"),
        "position_embedding_type '" + positions + "' is not 'absolute'");
    f.require(
        instructed || !f.flag("use_qformer_text_input", false),
        "use_qformer_text_input is not supported");
    requireGelu(f);
    return new BlipConfig.QFormer(
        width,
        f.count("intermediate_size", 3072, MAX_WIDTH),
        layers,
        heads,
        f.positive("layer_norm_eps", 1e-12, MAX_EPSILON),
        root.count("num_query_tokens", 32, MAX_WIDTH),
        f.count("vocab_size", 30_522, 1 << 22),
        f.number("max_position_embeddings", 512, 2, MAX_POSITIONS));
  }

  /** Nothing in a folder of transformers tells MiniGPT-4's layout from BLIP-2's; this key does. */
  private String template() {
    String usual = instructed ? InstructBlipTemplate.NAME : Blip2Template.NAME;
    String named = root.text("conversation_template").orElse(usual);
    if (ChatTemplates.named(named).isEmpty()) {
      root.problem(
          "conversation_template", "'%s', none of %s".formatted(named, ChatTemplates.names()));
      return usual;
    }
    return named;
  }
}
