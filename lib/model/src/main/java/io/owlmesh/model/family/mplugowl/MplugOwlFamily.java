// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family.mplugowl;

import io.owlmesh.model.family.CheckpointFiles;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.family.ModelFamily;
import io.owlmesh.model.family.bloom.BloomConfig;
import io.owlmesh.model.family.llama.LlamaConfig;
import io.owlmesh.model.image.Preprocessing;
import java.util.List;
import java.util.Map;

/** mPLUG-Owl, first generation, with a LLaMA or a BLOOM. */
public final class MplugOwlFamily implements ModelFamily {
  /** The released 7B: 722 tensors of 7,123,068,928 parameters. */
  private static final MplugOwlConfig OWL_7B =
      new MplugOwlConfig(
          new MplugOwlConfig.Vision(1024, 4096, 24, 16, 224, 14, 1e-6),
          new MplugOwlConfig.Abstractor(1024, 2816, 6, 16, 1e-6),
          new LlamaConfig(32000, 4096, 11008, 32, 32, 32, 128, 1e-6, 10_000, 2048, 1, 2),
          Preprocessing.clip(224),
          64);

  /**
   * The released multilingual 7B: 796 tensors, of which the embeddings are the output layer, too.
   */
  private static final MplugOwlConfig BLOOMZ_7B =
      new MplugOwlConfig(
          OWL_7B.vision(),
          OWL_7B.abstractor(),
          new BloomConfig(250_880, 4096, 30, 32, 1e-5, 2048, 1, 2, true),
          Preprocessing.clip(224),
          64);

  /** Small enough for a laptop's processor and a test, with every feature of the large one. */
  private static final MplugOwlConfig NANO =
      new MplugOwlConfig(
          new MplugOwlConfig.Vision(128, 512, 4, 4, 112, 14, 1e-6),
          new MplugOwlConfig.Abstractor(128, 256, 2, 4, 1e-6),
          new LlamaConfig(640, 192, 512, 4, 6, 6, 32, 1e-6, 10_000, 2048, 1, 2),
          Preprocessing.clip(112),
          16);

  @Override
  public String modelType() {
    return MplugOwlConfig.MODEL_TYPE;
  }

  @Override
  public List<String> architectures() {
    return List.of(MplugOwlConfig.ARCHITECTURE);
  }

  /** As its first checkpoints do. */
  @Override
  public boolean readsUnnamed() {
    return true;
  }

  @Override
  public MplugOwlConfig read(CheckpointFiles files) {
    return new MplugOwlReader(files).read();
  }

  @Override
  public Map<String, ModelConfig> presets() {
    return Map.of("mplug-owl-7b", OWL_7B, "mplug-owl-bloomz-7b", BLOOMZ_7B, "nano", NANO);
  }
}
