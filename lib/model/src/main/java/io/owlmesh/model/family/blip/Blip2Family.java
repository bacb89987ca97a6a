// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family.blip;

import io.owlmesh.model.family.CheckpointFiles;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.family.ModelFamily;
import io.owlmesh.model.family.llama.LlamaConfig;
import io.owlmesh.model.image.Preprocessing;
import java.util.List;
import java.util.Map;

/** BLIP-2 with a LLaMA, and MiniGPT-4, which is laid out as one. */
public final class Blip2Family implements ModelFamily {
  static final String MODEL_TYPE = "blip-2";

  /** MiniGPT-4 with Vicuna 7B. */
  private static final BlipConfig MINIGPT4_7B =
      BlipConfig.miniGpt4(
          new BlipConfig.Tower(1408, 6144, BlipConfig.RELEASED_LAYERS, 16, 224, 14, 1e-6),
          new BlipConfig.QFormer(768, 3072, 12, 12, 1e-12, 32, 30_522, 512),
          new LlamaConfig(32_001, 4096, 11008, 32, 32, 32, 128, 1e-6, 10_000, 2048, 1, 2),
          Preprocessing.clip(224),
          32_000);

  @Override
  public String modelType() {
    return MODEL_TYPE;
  }

  @Override
  public List<String> architectures() {
    return List.of("Blip2ForConditionalGeneration");
  }

  @Override
  public BlipConfig read(CheckpointFiles files) {
    return new BlipReader(files, MODEL_TYPE).read();
  }

  @Override
  public Map<String, ModelConfig> presets() {
    return Map.of("minigpt4-7b", MINIGPT4_7B);
  }
}
