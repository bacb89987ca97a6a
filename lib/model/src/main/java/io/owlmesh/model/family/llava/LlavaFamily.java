// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family.llava;

import io.owlmesh.model.family.CheckpointFiles;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.family.ModelFamily;
import io.owlmesh.model.family.llama.LlamaConfig;
import io.owlmesh.model.image.Fit;
import io.owlmesh.model.image.Preprocessing;
import io.owlmesh.model.json.ConfigReader;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** LLaVA 1 and 1.5 with a LLaMA, in the layouts of transformers and of its authors. */
public final class LlavaFamily implements ModelFamily {
  /** The released 1.5 7B, but for what nothing reads. */
  private static final LlavaConfig LLAVA_7B =
      new LlavaConfig(
          new LlavaConfig.Tower(1024, 4096, 24, 16, 336, 14, 1e-5, List.of(23), false),
          new LlavaConfig.Projector(2, true),
          new LlamaConfig(32064, 4096, 11008, 32, 32, 32, 128, 1e-5, 10_000, 4096, 1, 2),
          Preprocessing.clip(336).with(Fit.CROP),
          LlavaTemplate.NAME,
          32000);

  /** Small enough for a laptop's processor and a test. */
  private static final LlavaConfig NANO =
      new LlavaConfig(
          new LlavaConfig.Tower(128, 512, 4, 4, 112, 14, 1e-5, List.of(3), false),
          new LlavaConfig.Projector(2, true),
          new LlamaConfig(704, 192, 512, 4, 6, 6, 32, 1e-5, 10_000, 2048, 1, 2),
          Preprocessing.clip(112).with(Fit.CROP),
          LlavaTemplate.NAME,
          640);

  @Override
  public String modelType() {
    return LlavaConfig.MODEL_TYPE;
  }

  /** The authors' configurations name it in two ways. */
  @Override
  public List<String> otherModelTypes() {
    return List.of("llava_llama");
  }

  @Override
  public List<String> architectures() {
    return List.of(LlavaConfig.ARCHITECTURE, "LlavaLlamaForCausalLM");
  }

  @Override
  public Optional<String> canonical(String name) {
    return LlavaNames.canonical(name);
  }

  @Override
  public Optional<String> naming(String name) {
    return LlavaNames.naming(name);
  }

  @Override
  public Optional<String> towerFolder(ConfigReader config, Set<String> tensors) {
    boolean within = tensors.stream().anyMatch(name -> name.startsWith(LlavaNames.TOWER));
    return within ? Optional.empty() : config.text("mm_vision_tower");
  }

  @Override
  public LlavaConfig read(CheckpointFiles files) {
    return new LlavaReader(files).read();
  }

  @Override
  public Map<String, ModelConfig> presets() {
    return Map.of("llava-1.5-7b", LLAVA_7B, "llava-nano", NANO);
  }
}
