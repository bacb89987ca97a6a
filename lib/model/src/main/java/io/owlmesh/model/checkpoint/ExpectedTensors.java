// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.checkpoint;

import io.owlmesh.model.OwlConfig;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Every tensor that a model of given dimensions has, with its shape. Linear weights are [out, in];
 * the fused attention weight of the vision encoder has its rows ordered by head, then query, key,
 * value, then channel.
 */
public final class ExpectedTensors {
  private final SortedMap<String, List<Long>> shapes = new TreeMap<>();

  private ExpectedTensors() {}

  public static ExpectedTensors of(OwlConfig config) {
    ExpectedTensors expected = new ExpectedTensors();
    expected.vision(config.vision());
    expected.abstractor(config);
    expected.language(config.language());
    return expected;
  }

  /** Canonical names and shapes of all parts. */
  public SortedMap<String, List<Long>> all() {
    return Collections.unmodifiableSortedMap(shapes);
  }

  /** Canonical names and shapes of one part. */
  public SortedMap<String, List<Long>> of(Part part) {
    SortedMap<String, List<Long>> result = new TreeMap<>(shapes);
    result.keySet().removeIf(name -> Part.of(name).filter(p -> p == part).isEmpty());
    return result;
  }

  /** How many numbers the whole model has. */
  public long parameters() {
    return parameters(shapes);
  }

  /** How many numbers one part has. */
  public long parameters(Part part) {
    return parameters(of(part));
  }

  private static long parameters(SortedMap<String, List<Long>> shapes) {
    return shapes.values().stream().mapToLong(ExpectedTensors::elements).sum();
  }

  public static long elements(List<Long> shape) {
    return shape.stream().reduce(1L, Math::multiplyExact);
  }

  private void put(String name, long... shape) {
    shapes.put(name, Arrays.stream(shape).boxed().toList());
  }

  private void linear(String name, long out, long in) {
    put(name + ".weight", out, in);
    put(name + ".bias", out);
  }

  private void norm(String name, long width) {
    put(name + ".weight", width);
    put(name + ".bias", width);
  }

  private void vision(OwlConfig.Vision v) {
    long width = v.width();
    put("vision_model.embeddings.cls_token", 1, 1, width);
    put("vision_model.embeddings.position_embedding", 1, v.tokens(), width);
    put("vision_model.embeddings.patch_embed.weight", width, 3, v.patchSize(), v.patchSize());
    norm("vision_model.embeddings.pre_layernorm", width);
    norm("vision_model.post_layernorm", width);
    for (int i = 0; i < v.layers(); i++) {
      String layer = "vision_model.encoder.layers." + i + ".";
      norm(layer + "input_layernorm", width);
      linear(layer + "self_attn.query_key_value", 3 * width, width);
      linear(layer + "self_attn.dense", width, width);
      norm(layer + "post_attention_layernorm", width);
      linear(layer + "mlp.fc1", v.mlpWidth(), width);
      linear(layer + "mlp.fc2", width, v.mlpWidth());
    }
  }

  private void abstractor(OwlConfig config) {
    OwlConfig.Abstractor a = config.abstractor();
    long width = a.width();
    long text = config.language().width();
    put("query_tokens", 1, config.queries(), width);
    linear("abstractor.visual_fc", text, width);
    put("abstractor.vit_eos", 1, 1, text);
    for (int i = 0; i < a.layers(); i++) {
      String layer = "abstractor.encoder.layers." + i + ".crossattention.";
      norm(layer + "norm1", width);
      norm(layer + "normk", width);
      linear(layer + "attention.query", width, width);
      linear(layer + "attention.key", width, width);
      linear(layer + "attention.value", width, width);
      linear(layer + "output.out_proj", width, width);
      norm(layer + "output.norm2", width);
      linear(layer + "output.mlp.w1", a.mlpWidth(), width);
      linear(layer + "output.mlp.w2", width, a.mlpWidth());
      linear(layer + "output.mlp.w3", a.mlpWidth(), width);
      norm(layer + "output.mlp.ffn_ln", a.mlpWidth());
    }
  }

  private void language(OwlConfig.Language l) {
    long width = l.width();
    put("language_model.model.embed_tokens.weight", l.vocabulary(), width);
    put("language_model.model.norm.weight", width);
    put("language_model.lm_head.weight", l.vocabulary(), width);
    long queries = (long) l.heads() * l.headSize();
    long keys = (long) l.keyValueHeads() * l.headSize();
    for (int i = 0; i < l.layers(); i++) {
      String layer = "language_model.model.layers." + i + ".";
      put(layer + "input_layernorm.weight", width);
      put(layer + "post_attention_layernorm.weight", width);
      put(layer + "self_attn.q_proj.weight", queries, width);
      put(layer + "self_attn.k_proj.weight", keys, width);
      put(layer + "self_attn.v_proj.weight", keys, width);
      put(layer + "self_attn.o_proj.weight", width, queries);
      put(layer + "mlp.gate_proj.weight", l.mlpWidth(), width);
      put(layer + "mlp.up_proj.weight", l.mlpWidth(), width);
      put(layer + "mlp.down_proj.weight", width, l.mlpWidth());
    }
  }
}
