// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.compose;

import java.util.Optional;

/** The names of tensors in MiniGPT-4's files, as those of a BLIP-2 in transformers' layout. */
final class MiniGpt4Names {
  private static final String BLOCKS = "blocks.";
  private static final String ENCODER = "Qformer.bert.encoder.layer.";

  private MiniGpt4Names() {}

  /** Of eva_vit_g.pth; empty for what the model does not need, and for the biases of q and v. */
  static Optional<String> tower(String name) {
    if (name.startsWith(BLOCKS)) {
      int dot = name.indexOf('.', BLOCKS.length());
      return dot < 0
          ? Optional.empty()
          : inBlock(name.substring(dot + 1))
              .map(rest ->
                  "vision_model.encoder.layers."
                      + name.substring(BLOCKS.length(), dot)
                      + "."
                      + rest);
    }
    return switch (name) {
      case "cls_token" -> Optional.of("vision_model.embeddings.class_embedding");
      case "pos_embed" -> Optional.of("vision_model.embeddings.position_embedding");
      case "patch_embed.proj.weight", "patch_embed.proj.bias" ->
          Optional.of(name.replace("patch_embed.proj", "vision_model.embeddings.patch_embedding"));
      default -> Optional.empty();
    };
  }

  private static Optional<String> inBlock(String rest) {
    int dot = rest.lastIndexOf('.');
    String end = dot < 0 ? "" : rest.substring(dot);
    return switch (dot < 0 ? rest : rest.substring(0, dot)) {
      case "norm1" -> Optional.of("layer_norm1" + end);
      case "norm2" -> Optional.of("layer_norm2" + end);
      case "mlp.fc1", "mlp.fc2" -> Optional.of(rest);
      case "attn.proj" -> Optional.of("self_attn.projection" + end);
      case "attn.qkv" ->
          end.equals(".weight") ? Optional.of("self_attn.qkv.weight") : Optional.empty();
      default -> Optional.empty();
    };
  }

  /** Of blip2_pretrained_flant5xxl.pth; empty for what the model does not need. */
  static Optional<String> qformer(String name) {
    if (name.equals("query_tokens")) {
      return Optional.of(name);
    }
    if (name.startsWith("ln_vision.")) {
      return Optional.of(name.replace("ln_vision.", "vision_model.post_layernorm."));
    }
    if (name.startsWith("Qformer.bert.embeddings.LayerNorm.")) {
      return Optional.of(name.replace("Qformer.bert.embeddings.LayerNorm.", "qformer.layernorm."));
    }
    boolean ofText =
        name.matches("Qformer\\.bert\\.encoder\\.layer\\.\\d+\\.(intermediate|output)\\..*");
    return name.startsWith(ENCODER) && !ofText
        ? Optional.of(
            "qformer.encoder.layer."
                + name.substring(ENCODER.length()).replace(".self.", ".attention."))
        : Optional.empty();
  }

  /** Of pretrained_minigpt4.pth. */
  static Optional<String> projection(String name) {
    return name.startsWith("llama_proj.")
        ? Optional.of(name.replace("llama_proj.", "language_projection."))
        : Optional.empty();
  }

  /** Of a Vicuna folder. */
  static Optional<String> language(String name) {
    return Optional.of("language_model." + name);
  }
}
