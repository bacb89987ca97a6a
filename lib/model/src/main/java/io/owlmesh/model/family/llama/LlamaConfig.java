// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family.llama;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.model.family.CheckpointFiles;
import io.owlmesh.model.family.ConfigReader;
import io.owlmesh.model.family.LanguageConfig;
import io.owlmesh.model.family.NetworkSpec;
import io.owlmesh.model.family.WeightLayout;
import java.util.List;

/**
 * The sizes of a LLaMA.
 *
 * @param width hidden size H
 * @param mlpWidth inner size of the perceptron
 * @param keyValueHeads heads of keys and values; fewer than {@code heads} for grouped queries
 * @param headSize channels of one head
 * @param epsilon of every RMSNorm
 * @param ropeTheta base of the rotary embedding
 * @param context positions that the model was trained for, tokens
 */
public record LlamaConfig(
    int vocabulary,
    int width,
    int mlpWidth,
    int layers,
    int heads,
    int keyValueHeads,
    int headSize,
    double epsilon,
    double ropeTheta,
    int context,
    int bos,
    int eos)
    implements LanguageConfig {
  private static final String SCRIPT = "/io/owlmesh/model/family/llama/llama.torchscript";

  /** The same, deeper or shallower. */
  public LlamaConfig withLayers(int count) {
    return new LlamaConfig(
        vocabulary,
        width,
        mlpWidth,
        count,
        heads,
        keyValueHeads,
        headSize,
        epsilon,
        ropeTheta,
        context,
        bos,
        eos);
  }

  /**
   * Reads a {@code text_config}; what is absent is as in transformers' LlamaConfig.
   *
   * @param prefix of the names of the tensors, up to {@code layers.}
   */
  public static LlamaConfig read(ConfigReader text, CheckpointFiles files, String prefix) {
    return new LlamaReader(text, files).read(prefix);
  }

  /** Writes what {@link #read} reads. */
  public void write(ObjectNode node) {
    node.put("model_type", "llama")
        .put("vocab_size", vocabulary)
        .put("hidden_size", width)
        .put("intermediate_size", mlpWidth)
        .put("num_hidden_layers", layers)
        .put("num_attention_heads", heads)
        .put("num_key_value_heads", keyValueHeads)
        .put("head_dim", headSize)
        .put("rms_norm_eps", epsilon)
        .put("rope_theta", ropeTheta)
        .put("max_position_embeddings", context)
        .put("hidden_act", "silu")
        .put("bos_token_id", bos)
        .put("eos_token_id", eos)
        .put("tie_word_embeddings", false);
  }

  /** What its program is told. */
  private record Constants(int headSize, double epsilon, double ropeTheta) {}

  /**
   * The network.
   *
   * @param prefix of the names of the tensors, up to {@code layers.}
   * @param head name of the output layer
   * @param prefixes of all tensors of the language model
   */
  public NetworkSpec network(String prefix, String head, List<String> prefixes) {
    long queries = (long) heads * headSize;
    long keys = (long) keyValueHeads * headSize;
    // The norms multiply in the working type: only their variance is computed in float32.
    WeightLayout weights =
        WeightLayout.of("Language")
            .quantizable()
            .table("embeddings", prefix + "embed_tokens.weight", vocabulary, width)
            .layers(layers, prefix + "layers.%d.")
            .plain("attention_norm", "input_layernorm.weight", width)
            .matrix("q_proj", "self_attn.q_proj.weight", queries, width)
            .matrix("k_proj", "self_attn.k_proj.weight", keys, width)
            .matrix("v_proj", "self_attn.v_proj.weight", keys, width)
            .matrix("o_proj", "self_attn.o_proj.weight", width, queries)
            .plain("mlp_norm", "post_attention_layernorm.weight", width)
            .matrix("gate_proj", "mlp.gate_proj.weight", mlpWidth, width)
            .matrix("up_proj", "mlp.up_proj.weight", mlpWidth, width)
            .matrix("down_proj", "mlp.down_proj.weight", width, mlpWidth)
            .tail()
            .plain("norm", prefix + "norm.weight", width)
            .matrix("lm_head", head, vocabulary, width)
            .build();
    return new NetworkSpec(
        "Language",
        List.of(SCRIPT),
        weights,
        new Constants(headSize, epsilon, ropeTheta),
        prefixes);
  }
}
