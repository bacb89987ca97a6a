// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family.mplugowl;

import io.owlmesh.model.family.CheckpointFiles;
import io.owlmesh.model.family.LanguageConfig;
import io.owlmesh.model.family.PreprocessorReader;
import io.owlmesh.model.family.bloom.BloomConfig;
import io.owlmesh.model.family.llama.LlamaConfig;
import io.owlmesh.model.image.Fit;
import io.owlmesh.model.json.ConfigReader;

/**
 * Reads the configuration of an mPLUG-Owl. Absent keys take the defaults of the authors' code.
 * Released configurations disagree with their weights about the perceptrons' widths, so those, and
 * the count of queries, come from the tensors.
 */
final class MplugOwlReader {
  private static final int MAX_WIDTH = 1 << 16;
  private static final int MAX_LAYERS = 1024;
  private static final int MAX_IMAGE = 4096;
  private static final double MAX_EPSILON = 0.1;

  private final CheckpointFiles files;
  private final ConfigReader root;

  MplugOwlReader(CheckpointFiles files) {
    this.files = files;
    this.root = files.config();
  }

  MplugOwlConfig read() {
    MplugOwlConfig.Vision vision = vision();
    MplugOwlConfig.Abstractor abstractor = abstractor(vision);
    int queries =
        files.size("query_tokens", 1, root.count("num_query_tokens", 64, MAX_WIDTH), MAX_WIDTH);
    root.require(
        abstractor.layers() > 0 || queries == vision.tokens(),
        "%d queries; an abstractor without layers has one for each of the %d features"
            .formatted(queries, vision.tokens()));
    ConfigReader text = root.child("text_config");
    return new MplugOwlConfig(
        vision,
        abstractor,
        language(text),
        PreprocessorReader.read(files.preprocessor(), Fit.SQUASH, vision.imageSize()),
        queries);
  }

  private LanguageConfig language(ConfigReader text) {
    return text.text("model_type").orElse("llama").equals("bloom")
        ? BloomConfig.read(text, files)
        : LlamaConfig.read(text, files, MplugOwlConfig.LANGUAGE + "model.");
  }

  private MplugOwlConfig.Vision vision() {
    ConfigReader f = root.child("vision_config");
    int width = f.count("hidden_size", 1024, MAX_WIDTH);
    int heads = f.count("num_attention_heads", 16, MAX_WIDTH);
    int image = f.count("image_size", 224, MAX_IMAGE);
    int patch = f.count("patch_size", 14, MAX_IMAGE);
    f.require(width % heads == 0, "%d heads do not divide width %d".formatted(heads, width));
    f.require(image % patch == 0, "patches of %d do not tile %d pixels".formatted(patch, image));
    int channels = f.count("num_channels", 3, MAX_WIDTH);
    f.require(channels == 3, "num_channels is " + channels + "; only 3 is served");
    return new MplugOwlConfig.Vision(
        width,
        files.size(
            "vision_model.encoder.layers.0.mlp.fc1.weight",
            0,
            f.count("intermediate_size", 4096, MAX_WIDTH),
            MAX_WIDTH),
        f.count("num_hidden_layers", 24, MAX_LAYERS),
        heads,
        image,
        patch,
        f.positive("layer_norm_eps", 1e-6, MAX_EPSILON));
  }

  private MplugOwlConfig.Abstractor abstractor(MplugOwlConfig.Vision vision) {
    ConfigReader f = root.child("visual_abstractor_config");
    int width = f.count("hidden_size", 1024, MAX_WIDTH);
    int heads = f.count("num_attention_heads", 16, MAX_WIDTH);
    f.require(width % heads == 0, "%d heads do not divide width %d".formatted(heads, width));
    // Queries and features are concatenated, so there is one width for both.
    int features = f.count("encoder_hidden_size", vision.width(), MAX_WIDTH);
    f.require(
        width == vision.width() && features == vision.width(),
        "hidden_size %d and encoder_hidden_size %d must be the vision encoder's %d"
            .formatted(width, features, vision.width()));
    return new MplugOwlConfig.Abstractor(
        width,
        files.size(
            "abstractor.encoder.layers.0.crossattention.output.mlp.w1.weight",
            0,
            f.count("intermediate_size", 4096, MAX_WIDTH),
            MAX_WIDTH),
        f.number("num_hidden_layers", 6, 0, MAX_LAYERS),
        heads,
        f.positive("layer_norm_eps", 1e-6, MAX_EPSILON));
  }
}
