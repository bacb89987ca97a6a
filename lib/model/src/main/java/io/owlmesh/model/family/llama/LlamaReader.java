// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family.llama;

import io.owlmesh.model.family.CheckpointFiles;
import io.owlmesh.model.json.ConfigReader;
import java.util.List;

/** Reads a {@link LlamaConfig}. */
final class LlamaReader {
  private static final int MAX_WIDTH = 1 << 16;
  private static final int MAX_LAYERS = 1024;
  private static final int MAX_VOCABULARY = 1 << 22;
  private static final int MAX_CONTEXT = 1 << 24;
  private static final double MAX_EPSILON = 0.1;
  private static final double MAX_THETA = 1e12;

  private final ConfigReader f;
  private final CheckpointFiles files;

  LlamaReader(ConfigReader text, CheckpointFiles files) {
    this.f = text;
    this.files = files;
  }

  LlamaConfig read(String prefix) {
    String type = f.text("model_type").orElse("llama");
    f.require(type.equals("llama"), "model_type is '" + type + "'; only 'llama' is served");
    return readFlat(prefix);
  }

  LlamaConfig readFlat(String prefix) {
    refuseOtherModels();
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
    int context = f.count("max_position_embeddings", 2048, MAX_CONTEXT);
    return new LlamaConfig(
        vocabulary,
        width,
        files.size(
            prefix + "layers.0.mlp.gate_proj.weight",
            0,
            f.count("intermediate_size", 11008, MAX_WIDTH),
            MAX_WIDTH),
        f.count("num_hidden_layers", 32, MAX_LAYERS),
        heads,
        keyValueHeads,
        headSize,
        f.positive("rms_norm_eps", 1e-6, MAX_EPSILON),
        ropeTheta(),
        scaling(context),
        context,
        files.begin(f, 1, vocabulary),
        files.end(f, 2, vocabulary),
        f.flag("tie_word_embeddings", false));
  }

  private void refuseOtherModels() {
    String activation = f.text("hidden_act").orElse("silu");
    f.require(activation.equals("silu"), "hidden_act '" + activation + "' is not 'silu'");
    for (String key : List.of("attention_bias", "mlp_bias")) {
      f.require(!f.flag(key, false), key + " is not supported");
    }
  }

  /** Newer transformers move the base into rope_parameters, or rope_scaling where that is there. */
  private double ropeTheta() {
    double theta = f.positive("rope_theta", 10_000, MAX_THETA);
    return rope().positive("rope_theta", theta, MAX_THETA);
  }

  private ConfigReader rope() {
    return f.child(f.isPresent("rope_scaling") ? "rope_scaling" : "rope_parameters");
  }

  private RopeScaling scaling(int context) {
    for (ConfigReader r : List.of(f, rope())) {
      r.require(
          r.positive("partial_rotary_factor", 1, 1) == 1,
          "partial_rotary_factor below 1 is not supported");
    }
    return RopeScaling.read(rope(), context);
  }
}
