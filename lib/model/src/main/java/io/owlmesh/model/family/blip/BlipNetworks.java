// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family.blip;

import io.owlmesh.model.family.NetworkSpec;
import io.owlmesh.model.family.WeightLayout;
import java.util.List;

/** The vision tower and the Q-Former with its projection. */
final class BlipNetworks {
  static final String QUERIES = "query_tokens";
  static final String PROJECTION = "language_projection.";
  private static final String TOWER = "vision_model.";
  private static final String QFORMER = "qformer.";
  private static final String SCRIPTS = "/io/owlmesh/model/family/blip/";

  private BlipNetworks() {}

  /** What the programs are told. */
  private record Constants(int heads, double epsilon) {}

  /** Pixels [3, S, S] -> features [1 + P, D]: class token, then patches in row-major order. */
  static NetworkSpec tower(BlipConfig.Tower t) {
    long width = t.width();
    long patch = t.patchSize();
    String embeddings = TOWER + "embeddings.";
    WeightLayout weights =
        WeightLayout.of("Vision")
            .plain("class_embedding", embeddings + "class_embedding", 1, 1, width)
            .plain("position_embedding", embeddings + "position_embedding", 1, t.tokens(), width)
            .plain("patch_embedding", embeddings + "patch_embedding.weight", width, 3, patch, patch)
            .plain("patch_embedding_bias", embeddings + "patch_embedding.bias", width)
            .layers(t.layers(), TOWER + "encoder.layers.%d.")
            .norm("norm1", "layer_norm1", width)
            .linear("qkv", "self_attn.qkv", 3 * width, width)
            .linear("projection", "self_attn.projection", width, width)
            .norm("norm2", "layer_norm2", width)
            .linear("fc1", "mlp.fc1", t.mlpWidth(), width)
            .linear("fc2", "mlp.fc2", width, t.mlpWidth())
            .tail()
            .norm("post_norm", TOWER + "post_layernorm", width)
            .build();
    return new NetworkSpec(
        "Vision",
        List.of(SCRIPTS + "eva.torchscript"),
        weights,
        new Constants(t.heads(), t.epsilon()),
        List.of(TOWER));
  }

  /** Features [1 + P, D], and perhaps a question -> visual tokens [Q, H]. */
  static NetworkSpec connector(BlipConfig config) {
    BlipConfig.QFormer q = config.qformer();
    boolean reads = config.readsQuestion();
    long width = q.width();
    WeightLayout.Builder weights =
        WeightLayout.of("Connector").plain("query_tokens", QUERIES, 1, q.queries(), width);
    if (reads) {
      String embeddings = QFORMER + "embeddings.";
      weights
          .norm("norm", embeddings + "layernorm", width)
          .plain("words", embeddings + "word_embeddings.weight", q.vocabulary(), width)
          .plain("positions", embeddings + "position_embeddings.weight", q.positions(), width);
    } else {
      weights.norm("norm", QFORMER + "layernorm", width);
    }
    weights.steps(q.layers() / 2, 2, QFORMER + "encoder.layer.");
    attention(weights, "a", "0.attention", width, width);
    attention(weights, "cross", "0.crossattention", width, config.featureWidth());
    perceptron(weights, "a_query", "0.intermediate_query", "0.output_query", q);
    attention(weights, "b", "1.attention", width, width);
    perceptron(weights, "b_query", "1.intermediate_query", "1.output_query", q);
    if (reads) {
      perceptron(weights, "a_text", "0.intermediate", "0.output", q);
      perceptron(weights, "b_text", "1.intermediate", "1.output", q);
    }
    weights.tail().linear("projection", "language_projection", config.language().width(), width);
    return new NetworkSpec(
        "Connector",
        List.of(
            SCRIPTS + "qformer.torchscript",
            SCRIPTS + (reads ? "question" : "queries") + ".torchscript"),
        weights.build(),
        new Constants(q.heads(), q.epsilon()),
        List.of(QFORMER, QUERIES, PROJECTION));
  }

  private static void attention(
      WeightLayout.Builder weights, String name, String tensor, long width, long read) {
    weights
        .linear(name + "_query", tensor + ".attention.query", width, width)
        .linear(name + "_key", tensor + ".attention.key", width, read)
        .linear(name + "_value", tensor + ".attention.value", width, read)
        .linear(name + "_out", tensor + ".output.dense", width, width)
        .norm(name + "_norm", tensor + ".output.LayerNorm", width);
  }

  private static void perceptron(
      WeightLayout.Builder weights, String name, String in, String out, BlipConfig.QFormer q) {
    weights
        .linear(name + "_fc1", in + ".dense", q.mlpWidth(), q.width())
        .linear(name + "_fc2", out + ".dense", q.width(), q.mlpWidth())
        .norm(name + "_norm", out + ".LayerNorm", q.width());
  }
}
