// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family.llava;

import io.owlmesh.model.family.NetworkSpec;
import io.owlmesh.model.family.NetworkSpec.NoConstants;
import io.owlmesh.model.family.WeightLayout;
import java.util.List;

/** The vision tower and the projector. */
final class LlavaNetworks {
  private static final String SCRIPTS = "/io/owlmesh/model/family/llava/";

  private LlavaNetworks() {}

  /**
   * What the tower is told.
   *
   * @param states that are kept at once
   * @param chosen those of which features are made, counted back from the last
   * @param firstRow of the features: 1 to leave out the class token
   */
  private record TowerConstants(
      int heads, double epsilon, int states, List<Integer> chosen, int firstRow) {}

  private record ProjectorConstants(int gelu) {}

  /**
   * Pixels [3, S, S] -> features [P, D]: patches in row-major order, perhaps a class token first.
   */
  static NetworkSpec tower(LlavaConfig.Tower t) {
    long width = t.width();
    long patch = t.patchSize();
    String embeddings = LlavaNames.TOWER + "embeddings.";
    WeightLayout weights =
        WeightLayout.of("Vision")
            .plain("class_embedding", embeddings + "class_embedding", width)
            .plain(
                "position_embedding",
                embeddings + "position_embedding.weight",
                t.patches() + 1,
                width)
            .plain("patch_embedding", embeddings + "patch_embedding.weight", width, 3, patch, patch)
            // Spelled so in every file.
            .norm("pre_norm", LlavaNames.TOWER + "pre_layrnorm", width)
            .layers(t.used(), LlavaNames.TOWER + "encoder.layers.%d.")
            .norm("norm1", "layer_norm1", width)
            .linear("q", "self_attn.q_proj", width, width)
            .linear("k", "self_attn.k_proj", width, width)
            .linear("v", "self_attn.v_proj", width, width)
            .linear("out", "self_attn.out_proj", width, width)
            .norm("norm2", "layer_norm2", width)
            .linear("fc1", "mlp.fc1", t.mlpWidth(), width)
            .linear("fc2", "mlp.fc2", width, t.mlpWidth())
            .build();
    List<Integer> back = t.states().stream().map(state -> t.used() - state).toList();
    int kept = 1 + back.stream().mapToInt(Integer::intValue).max().orElse(0);
    return new NetworkSpec(
        "Vision",
        List.of(SCRIPTS + "clip.torchscript"),
        weights,
        new TowerConstants(t.heads(), t.epsilon(), kept, back, t.keepsClass() ? 0 : 1),
        List.of(LlavaNames.TOWER));
  }

  /** Features [P, D] -> visual tokens [P, H]. */
  static NetworkSpec projector(LlavaConfig config) {
    LlavaConfig.Projector p = config.projector();
    long text = config.language().width();
    WeightLayout.Builder weights =
        WeightLayout.of("Connector")
            .tail()
            .linear("linear_1", LlavaNames.PROJECTOR + "linear_1", text, config.featureWidth());
    if (p.layers() == 2) {
      weights.linear("linear_2", LlavaNames.PROJECTOR + "linear_2", text, text);
    }
    return new NetworkSpec(
        "Connector",
        List.of(SCRIPTS + (p.layers() == 2 ? "two-layers" : "one-layer") + ".torchscript"),
        weights.build(),
        p.layers() == 2 ? new ProjectorConstants(p.gelu() ? 1 : 0) : new NoConstants(),
        List.of(LlavaNames.PROJECTOR));
  }
}
