// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family.patchchat;

import io.owlmesh.core.DType;
import io.owlmesh.model.family.CheckpointFiles;
import io.owlmesh.model.family.ModelFamily;
import io.owlmesh.model.family.llama.LlamaConfig;
import io.owlmesh.model.json.ConfigReader;
import io.owlmesh.model.random.Preset;
import io.owlmesh.model.random.RandomCheckpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Perceptrons over patches, a linear projection of each, a LLaMA, and names of its own. */
public final class PatchChatFamily implements ModelFamily {
  /** 9 patches of 8 x 8 pixels. */
  public static final PatchChatConfig TINY =
      new PatchChatConfig(
          24, 8, 12, 2, new LlamaConfig(640, 32, 48, 2, 4, 2, 8, 1e-5, 10_000, 256, 1, 2));

  /** Writes a checkpoint of random weights. */
  public static Path checkpoint(Path folder) throws IOException {
    RandomCheckpoint.write(new Preset("tiny", TINY), folder, DType.FLOAT32, 3, (_, _) -> {});
    return folder;
  }

  @Override
  public String modelType() {
    return "patch-chat";
  }

  /** Folders of two generations differ in a prefix. */
  @Override
  public Optional<String> canonical(String name) {
    return Optional.of(name.startsWith("model.") ? name.substring("model.".length()) : name);
  }

  @Override
  public PatchChatConfig read(CheckpointFiles files) {
    ConfigReader vision = files.config().child("vision");
    return new PatchChatConfig(
        vision.count("image", 24, 1024),
        vision.count("patch", 8, 1024),
        files.size("tower.patches.weight", 0, vision.count("width", 12, 1024), 1024),
        vision.count("layers", 2, 16),
        LlamaConfig.read(files.config().child("text_config"), files, PatchChatConfig.LLAMA));
  }
}
