// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family.bloom;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.model.family.CheckpointFiles;
import io.owlmesh.model.family.LanguageConfig;
import io.owlmesh.model.family.NetworkSpec;
import io.owlmesh.model.family.WeightLayout;
import io.owlmesh.model.json.ConfigReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The sizes of a BLOOM.
 *
 * @param width hidden size H; the perceptron is four times as wide
 * @param epsilon of every LayerNorm
 * @param context positions that the model was trained for, tokens
 * @param tied whether the output layer may be absent, and is the table of embeddings then
 */
public record BloomConfig(
    int vocabulary,
    int width,
    int layers,
    int heads,
    double epsilon,
    int context,
    int bos,
    int eos,
    boolean tied)
    implements LanguageConfig {
  private static final String SCRIPT = "/io/owlmesh/model/family/bloom/bloom.torchscript";
  private static final String BODY = "transformer.";
  private static final String EMBEDDINGS = BODY + "word_embeddings.weight";
  private static final String HEAD = "lm_head.weight";

  private static final int MAX_WIDTH = 1 << 14;
  private static final int MAX_LAYERS = 1024;
  private static final int MAX_VOCABULARY = 1 << 22;
  private static final int MAX_CONTEXT = 1 << 16;
  private static final double MAX_EPSILON = 0.1;

  /** Reads a {@code text_config}; what is absent is as in transformers' BloomConfig. */
  public static BloomConfig read(ConfigReader f, CheckpointFiles files) {
    int width = spelled(f, 64, MAX_WIDTH, "n_embed", "n_embd", "hidden_size");
    int headCount = spelled(f, 8, MAX_WIDTH, "n_head", "num_attention_heads");
    f.require(
        width % headCount == 0, "%d heads do not divide width %d".formatted(headCount, width));
    String residual = "apply_residual_connection_post_layernorm";
    f.require(!f.flag(residual, false), residual + " is not supported");
    int vocabulary = f.count("vocab_size", 250_880, MAX_VOCABULARY);
    return new BloomConfig(
        vocabulary,
        width,
        spelled(f, 2, MAX_LAYERS, "n_layer", "num_hidden_layers"),
        headCount,
        f.positive("layer_norm_epsilon", 1e-5, MAX_EPSILON),
        f.count("max_position_embeddings", 2048, MAX_CONTEXT),
        files.begin(f, 1, vocabulary),
        files.end(f, 2, vocabulary),
        f.flag("tie_word_embeddings", true));
  }

  /** A count under any of its names; two that differ are a problem. */
  private static int spelled(ConfigReader f, int absent, int most, String... names) {
    List<String> present = Stream.of(names).filter(f::isPresent).toList();
    if (present.isEmpty()) {
      return absent;
    }
    int first = f.count(present.getFirst(), absent, most);
    for (String other : present) {
      int count = f.count(other, first, most);
      f.require(
          count == first, "%s is %d, but %s %d".formatted(present.getFirst(), first, other, count));
    }
    return first;
  }

  @Override
  public int keyValueHeads() {
    return heads;
  }

  @Override
  public int headSize() {
    return width / heads;
  }

  @Override
  public BloomConfig withLayers(int count) {
    return new BloomConfig(vocabulary, width, count, heads, epsilon, context, bos, eos, tied);
  }

  /**
   * What a position adds to the scores of a key in each head: a geometric sequence for the largest
   * power of two of heads, then the odd members of the next finer one.
   */
  List<Double> slopes() {
    return slopes(heads);
  }

  static List<Double> slopes(int heads) {
    int power = Integer.highestOneBit(heads);
    List<Double> slopes = new ArrayList<>();
    for (int i = 1; i <= power; i++) {
      slopes.add(Math.pow(2, -8.0 * i / power));
    }
    for (int j = 0; j < heads - power; j++) {
      slopes.add(Math.pow(2, -4.0 * (2 * j + 1) / power));
    }
    return List.copyOf(slopes);
  }

  /** What its program is told. */
  private record Constants(int headSize, double epsilon, List<Double> slopes) {}

  @Override
  public NetworkSpec network(String prefix) {
    String body = prefix + BODY;
    WeightLayout weights =
        WeightLayout.of("Language")
            .quantizable()
            .table("embeddings", prefix + EMBEDDINGS, vocabulary, width)
            .norm("embeddings_norm", body + "word_embeddings_layernorm", width)
            .layers(layers, body + "h.%d.")
            .norm("attention_norm", "input_layernorm", width)
            .matrix("query_key_value", "self_attention.query_key_value.weight", 3L * width, width)
            .plain("query_key_value_bias", "self_attention.query_key_value.bias", 3L * width)
            .matrix("dense", "self_attention.dense.weight", width, width)
            .plain("dense_bias", "self_attention.dense.bias", width)
            .norm("mlp_norm", "post_attention_layernorm", width)
            .matrix("dense_h_to_4h", "mlp.dense_h_to_4h.weight", 4L * width, width)
            .plain("dense_h_to_4h_bias", "mlp.dense_h_to_4h.bias", 4L * width)
            .matrix("dense_4h_to_h", "mlp.dense_4h_to_h.weight", width, 4L * width)
            .plain("dense_4h_to_h_bias", "mlp.dense_4h_to_h.bias", width)
            .tail()
            .norm("norm", body + "ln_f", width)
            .matrix("lm_head", prefix + HEAD, vocabulary, width)
            .build();
    return new NetworkSpec(
        "Language",
        List.of(SCRIPT),
        weights,
        new Constants(headSize(), epsilon, slopes()),
        List.of(prefix));
  }

  @Override
  public Map<String, String> tiedTensors(String prefix) {
    return tied ? Map.of(prefix + HEAD, prefix + EMBEDDINGS) : Map.of();
  }

  @Override
  public void write(ObjectNode node) {
    node.put("model_type", "bloom")
        .put("vocab_size", vocabulary)
        .put("hidden_size", width)
        .put("n_layer", layers)
        .put("n_head", heads)
        .put("layer_norm_epsilon", epsilon)
        .put("max_position_embeddings", context)
        .put("apply_residual_connection_post_layernorm", false)
        .put("bos_token_id", bos)
        .put("eos_token_id", eos)
        .put("tie_word_embeddings", tied);
  }
}
