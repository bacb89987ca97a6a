// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family.llama;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.model.family.CheckpointFiles;
import io.owlmesh.model.family.LanguageConfig;
import io.owlmesh.model.family.NetworkSpec;
import io.owlmesh.model.family.WeightLayout;
import io.owlmesh.model.json.ConfigReader;
import java.util.List;
import java.util.Map;

/**
 * The sizes of a LLaMA.
 *
 * @param width hidden size H
 * @param mlpWidth inner size of the perceptron
 * @param keyValueHeads heads of keys and values; fewer than {@code heads} for grouped queries
 * @param headSize channels of one head
 * @param epsilon of every RMSNorm
 * @param ropeTheta base of the rotary embedding
 * @param scaling how it is stretched for more positions than it was first trained with
 * @param context positions that the model was trained for, tokens
 * @param tied whether the output layer may be absent, and is the table of embeddings then
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
    RopeScaling scaling,
    int context,
    int bos,
    int eos,
    boolean tied)
    implements LanguageConfig {
  private static final String HEAD = "lm_head.weight";
  private static final String SCRIPT = "/io/owlmesh/model/family/llama/llama.torchscript";

  /** With a rotary embedding as it is and an output layer of its own. */
  public LlamaConfig(
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
      int eos) {
    this(
        vocabulary,
        width,
        mlpWidth,
        layers,
        heads,
        keyValueHeads,
        headSize,
        epsilon,
        ropeTheta,
        RopeScaling.NONE,
        context,
        bos,
        eos,
        false);
  }

  @Override
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
        scaling,
        context,
        bos,
        eos,
        tied);
  }

  /** The same with so many ids. */
  public LlamaConfig withVocabulary(int ids) {
    return new LlamaConfig(
        ids,
        width,
        mlpWidth,
        layers,
        heads,
        keyValueHeads,
        headSize,
        epsilon,
        ropeTheta,
        scaling,
        context,
        bos,
        eos,
        tied);
  }

  /** The same, of which sequences begin and answers end with other ids. */
  public LlamaConfig between(int otherBos, int otherEos) {
    return new LlamaConfig(
        vocabulary,
        width,
        mlpWidth,
        layers,
        heads,
        keyValueHeads,
        headSize,
        epsilon,
        ropeTheta,
        scaling,
        context,
        otherBos,
        otherEos,
        tied);
  }

  /**
   * Reads a {@code text_config}; what is absent is as in transformers' LlamaConfig.
   *
   * @param prefix of the names of the tensors, up to {@code layers.}
   */
  public static LlamaConfig read(ConfigReader text, CheckpointFiles files, String prefix) {
    return new LlamaReader(text, files).read(prefix);
  }

  /** As above, of a configuration whose other keys are those of the whole model. */
  public static LlamaConfig readFlat(ConfigReader root, CheckpointFiles files, String prefix) {
    return new LlamaReader(root, files).readFlat(prefix);
  }

  @Override
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
        .put("tie_word_embeddings", tied);
    scaling.write(node);
  }

  /** What its program is told. */
  private record Constants(
      int headSize,
      double epsilon,
      double ropeTheta,
      double stretch,
      double slowest,
      double slow,
      double fast,
      double trained) {}

  /** As transformers name the parts of a language model. */
  @Override
  public NetworkSpec network(String prefix) {
    return network(prefix + "model.", prefix + HEAD, List.of(prefix));
  }

  @Override
  public Map<String, String> tiedTensors(String prefix) {
    return tied ? Map.of(prefix + HEAD, prefix + "model.embed_tokens.weight") : Map.of();
  }

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
        new Constants(
            headSize,
            epsilon,
            ropeTheta,
            scaling.stretch(),
            scaling.slowest(),
            scaling.slow(),
            scaling.fast(),
            scaling.trained()),
        prefixes);
  }
}
