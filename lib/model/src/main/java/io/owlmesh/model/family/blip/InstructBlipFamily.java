// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family.blip;

import io.owlmesh.model.family.CheckpointFiles;
import io.owlmesh.model.family.ModelFamily;
import java.util.List;

/** InstructBLIP with a LLaMA: its Q-Former reads the question, too. */
public final class InstructBlipFamily implements ModelFamily {
  static final String MODEL_TYPE = "instructblip";

  @Override
  public String modelType() {
    return MODEL_TYPE;
  }

  @Override
  public List<String> architectures() {
    return List.of("InstructBlipForConditionalGeneration");
  }

  @Override
  public BlipConfig read(CheckpointFiles files) {
    return new BlipReader(files, MODEL_TYPE).read();
  }
}
