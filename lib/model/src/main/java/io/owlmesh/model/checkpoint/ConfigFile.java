// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.OwlConfig;
import io.owlmesh.model.json.JsonFields;
import io.owlmesh.model.json.Problems;
import io.owlmesh.model.json.StrictJson;
import io.owlmesh.model.weights.TensorEntry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Reads config.json, and preprocessor_config.json and generation_config.json if they are there.
 * Absent keys take the defaults of the authors' code. Released configurations disagree with their
 * weights about the perceptrons' widths, so those, and the count of queries, come from the tensors.
 */
final class ConfigFile {
  private static final int MAX_WIDTH = 1 << 16;
  private static final int MAX_LAYERS = 1024;
  private static final int MAX_VOCABULARY = 1 << 22;
  private static final int MAX_IMAGE = 4096;
  private static final int MAX_CONTEXT = 1 << 24;
  private static final double MAX_EPSILON = 0.1;

  private final Problems problems;
  private final JsonFields root;
  private final JsonFields text;
  private final Path folder;

  private ConfigFile(Path folder, JsonNode config, Problems problems) {
    this.folder = folder;
    this.problems = problems;
    this.root = new JsonFields("config.json", config, problems);
    this.text = root.child("text_config");
  }

  /** Opens the configuration of a folder; a problem, and all defaults, if it cannot be read. */
  static ConfigFile open(Path folder, Problems problems) {
    return new ConfigFile(folder, optional(folder, "config.json", true, problems), problems);
  }

  private static JsonNode optional(Path folder, String name, boolean required, Problems problems) {
    Path file = folder.resolve(name);
    if (Files.exists(file)) {
      try {
        return StrictJson.object(file);
      } catch (OwlException e) {
        problems.add(e);
      }
    } else if (required) {
      problems.add(name, "missing");
    }
    return MissingNode.getInstance();
  }

  /** Whether the output layer is the embedding of the vocabulary. */
  boolean tied() {
    return text.flag("tie_word_embeddings", false);
  }

  /** The configuration; meaningless where it added problems. */
  OwlConfig read(Map<String, TensorEntry> tensors) {
    String type = root.text("model_type").orElse("mplug-owl");
    root.require(
        type.equals("mplug-owl"), "model_type is '" + type + "'; only 'mplug-owl' is served");
    OwlConfig.Vision vision = vision(tensors);
    OwlConfig.Abstractor abstractor = abstractor(vision, tensors);
    int queries = width(tensors, "query_tokens", 1, root.count("num_query_tokens", 64, MAX_WIDTH));
    root.require(
        abstractor.layers() > 0 || queries == vision.tokens(),
        "%d queries; an abstractor without layers has one for each of the %d features"
            .formatted(queries, vision.tokens()));
    JsonNode pre = optional(folder, "preprocessor_config.json", false, problems);
    return new OwlConfig(
        vision,
        abstractor,
        language(tensors),
        PreprocessorFile.read(
            new JsonFields("preprocessor_config.json", pre, problems), vision.imageSize()),
        queries);
  }

  /** The size of an axis of a tensor if that is plausible, else what the configuration says. */
  private static int width(
      Map<String, TensorEntry> tensors, String tensor, int axis, int configured) {
    TensorEntry entry = tensors.get(tensor);
    if (entry == null || entry.shape().size() <= axis) {
      return configured;
    }
    long size = entry.shape().get(axis);
    return size >= 1 && size <= MAX_WIDTH ? (int) size : configured;
  }

  private OwlConfig.Vision vision(Map<String, TensorEntry> tensors) {
    JsonFields f = root.child("vision_config");
    int width = f.count("hidden_size", 1024, MAX_WIDTH);
    int heads = f.count("num_attention_heads", 16, MAX_WIDTH);
    int image = f.count("image_size", 224, MAX_IMAGE);
    int patch = f.count("patch_size", 14, MAX_IMAGE);
    f.require(width % heads == 0, "%d heads do not divide width %d".formatted(heads, width));
    f.require(image % patch == 0, "patches of %d do not tile %d pixels".formatted(patch, image));
    int channels = f.count("num_channels", 3, MAX_WIDTH);
    f.require(channels == 3, "num_channels is " + channels + "; only 3 is served");
    return new OwlConfig.Vision(
        width,
        width(
            tensors,
            "vision_model.encoder.layers.0.mlp.fc1.weight",
            0,
            f.count("intermediate_size", 4096, MAX_WIDTH)),
        f.count("num_hidden_layers", 24, MAX_LAYERS),
        heads,
        image,
        patch,
        f.positive("layer_norm_eps", 1e-6, MAX_EPSILON));
  }

  private OwlConfig.Abstractor abstractor(
      OwlConfig.Vision vision, Map<String, TensorEntry> tensors) {
    JsonFields f = root.child("visual_abstractor_config");
    int width = f.count("hidden_size", 1024, MAX_WIDTH);
    int heads = f.count("num_attention_heads", 16, MAX_WIDTH);
    f.require(width % heads == 0, "%d heads do not divide width %d".formatted(heads, width));
    // Queries and features are concatenated, so there is one width for both.
    int features = f.count("encoder_hidden_size", vision.width(), MAX_WIDTH);
    f.require(
        width == vision.width() && features == vision.width(),
        "hidden_size %d and encoder_hidden_size %d must be the vision encoder's %d"
            .formatted(width, features, vision.width()));
    return new OwlConfig.Abstractor(
        width,
        width(
            tensors,
            "abstractor.encoder.layers.0.crossattention.output.mlp.w1.weight",
            0,
            f.count("intermediate_size", 4096, MAX_WIDTH)),
        f.number("num_hidden_layers", 6, 0, MAX_LAYERS),
        heads,
        f.positive("layer_norm_eps", 1e-6, MAX_EPSILON));
  }

  private OwlConfig.Language language(Map<String, TensorEntry> tensors) {
    JsonFields f = text;
    refuseOtherModels(f);
    int width = f.count("hidden_size", 4096, MAX_WIDTH);
    int heads = f.count("num_attention_heads", 32, MAX_WIDTH);
    int keyValueHeads = f.count("num_key_value_heads", heads, MAX_WIDTH);
    int headSize = f.count("head_dim", Math.max(1, width / heads), MAX_WIDTH);
    f.require(
        f.isPresent("head_dim") || width % heads == 0,
        "%d heads do not divide width %d".formatted(heads, width));
    f.require(
        heads % keyValueHeads == 0,
        "%d heads of keys do not divide %d heads".formatted(keyValueHeads, heads));
    f.require(headSize % 2 == 0, "odd head size " + headSize + " cannot be rotated");
    f.require((long) heads * headSize <= MAX_WIDTH, "heads of %d channels".formatted(headSize));
    int vocabulary = f.count("vocab_size", 32000, MAX_VOCABULARY);
    JsonFields generation =
        new JsonFields(
            "generation_config.json",
            optional(folder, "generation_config.json", false, problems),
            problems);
    return new OwlConfig.Language(
        vocabulary,
        width,
        width(
            tensors,
            "language_model.model.layers.0.mlp.gate_proj.weight",
            0,
            f.count("intermediate_size", 11008, MAX_WIDTH)),
        f.count("num_hidden_layers", 32, MAX_LAYERS),
        heads,
        keyValueHeads,
        headSize,
        f.positive("rms_norm_eps", 1e-6, MAX_EPSILON),
        ropeTheta(f),
        f.count("max_position_embeddings", 2048, MAX_CONTEXT),
        token("bos_token_id", generation, 1, vocabulary),
        token("eos_token_id", generation, 2, vocabulary));
  }

  private int token(String key, JsonFields generation, int absent, int vocabulary) {
    JsonFields source = text.isPresent(key) ? text : generation;
    return source.number(key, Math.min(absent, vocabulary - 1), 0, vocabulary - 1);
  }

  private static void refuseOtherModels(JsonFields f) {
    String type = f.text("model_type").orElse("llama");
    f.require(type.equals("llama"), "model_type is '" + type + "'; only 'llama' is served");
    String activation = f.text("hidden_act").orElse("silu");
    f.require(activation.equals("silu"), "hidden_act '" + activation + "' is not 'silu'");
    for (String key : List.of("attention_bias", "mlp_bias")) {
      f.require(!f.flag(key, false), key + " is not supported");
    }
  }

  /** Newer transformers move the base into rope_parameters; a scaling changes the positions. */
  private static double ropeTheta(JsonFields f) {
    double theta = f.positive("rope_theta", 10_000, 1e12);
    for (String key : List.of("rope_scaling", "rope_parameters")) {
      if (f.isPresent(key)) {
        JsonFields rope = f.child(key);
        String type = rope.text("rope_type").or(() -> rope.text("type")).orElse("default");
        f.require(type.equals("default"), key + " of type '" + type + "' is not supported");
        theta = rope.positive("rope_theta", theta, 1e12);
      }
    }
    return theta;
  }
}
