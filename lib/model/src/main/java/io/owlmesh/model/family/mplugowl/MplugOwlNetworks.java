// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family.mplugowl;

import io.owlmesh.model.family.NetworkSpec;
import io.owlmesh.model.family.WeightLayout;
import java.util.List;

/** The vision encoder and the abstractor. */
final class MplugOwlNetworks {
  private static final String SCRIPTS = "/io/owlmesh/model/family/mplugowl/";

  private MplugOwlNetworks() {}

  /** What the programs are told. */
  private record Constants(int heads, double epsilon) {}

  /** Pixels [3, S, S] -> features [1 + P, D]: class token, then patches in row-major order. */
  static NetworkSpec vision(MplugOwlConfig.Vision v) {
    long width = v.width();
    WeightLayout weights =
        WeightLayout.of("Vision")
            .plain("cls_token", "vision_model.embeddings.cls_token", 1, 1, width)
            .plain(
                "position_embedding",
                "vision_model.embeddings.position_embedding",
                1,
                v.tokens(),
                width)
            .plain(
                "patch_embed",
                "vision_model.embeddings.patch_embed.weight",
                width,
                3,
                v.patchSize(),
                v.patchSize())
            .norm("pre_norm", "vision_model.embeddings.pre_layernorm", width)
            .layers(v.layers(), "vision_model.encoder.layers.%d.")
            .norm("attention_norm", "input_layernorm", width)
            .linear("qkv", "self_attn.query_key_value", 3 * width, width)
            .linear("dense", "self_attn.dense", width, width)
            .norm("mlp_norm", "post_attention_layernorm", width)
            .linear("fc1", "mlp.fc1", v.mlpWidth(), width)
            .linear("fc2", "mlp.fc2", width, v.mlpWidth())
            .tail()
            .norm("post_norm", "vision_model.post_layernorm", width)
            .build();
    return new NetworkSpec(
        "Vision",
        List.of(SCRIPTS + "vision.torchscript"),
        weights,
        new Constants(v.heads(), v.epsilon()),
        List.of("vision_model."));
  }

  /** Features [1 + P, D] -> visual tokens [Q + 1, H]: the queries, then the end-of-image token. */
  static NetworkSpec abstractor(MplugOwlConfig config) {
    MplugOwlConfig.Abstractor a = config.abstractor();
    long width = a.width();
    long text = config.language().width();
    WeightLayout weights =
        WeightLayout.of("Connector")
            .plain("query_tokens", "query_tokens", 1, config.queries(), width)
            .layers(a.layers(), "abstractor.encoder.layers.%d.crossattention.")
            .norm("norm1", "norm1", width)
            .norm("normk", "normk", width)
            .linear("query", "attention.query", width, width)
            .linear("key", "attention.key", width, width)
            .linear("value", "attention.value", width, width)
            .linear("out_proj", "output.out_proj", width, width)
            .norm("norm2", "output.norm2", width)
            .linear("w1", "output.mlp.w1", a.mlpWidth(), width)
            .linear("w3", "output.mlp.w3", a.mlpWidth(), width)
            .norm("ffn_ln", "output.mlp.ffn_ln", a.mlpWidth())
            .linear("w2", "output.mlp.w2", width, a.mlpWidth())
            .tail()
            .linear("visual_fc", "abstractor.visual_fc", text, width)
            .plain("vit_eos", "abstractor.vit_eos", 1, 1, text)
            .build();
    return new NetworkSpec(
        "Connector",
        List.of(SCRIPTS + "abstractor.torchscript"),
        weights,
        new Constants(a.heads(), a.epsilon()),
        List.of("abstractor.", "query_tokens"));
  }
}
