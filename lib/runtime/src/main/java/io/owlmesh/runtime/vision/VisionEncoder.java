// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.vision;

import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.checkpoint.Part;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.script.Script;
import io.owlmesh.runtime.BatchNetwork;
import io.owlmesh.runtime.EngineOptions;
import io.owlmesh.runtime.HostTensors;
import io.owlmesh.runtime.WeightLoader;
import java.util.List;

/**
 * The vision tower of a model: pixels [3, S, S] -> features [P, D], exactly what its connector
 * reads. What it computes is its family's. Used by one thread at a time.
 */
public final class VisionEncoder implements AutoCloseable {
  private static final Script RUNNER = Script.of("/io/owlmesh/runtime/vision/vision.torchscript");

  private final ModelConfig config;
  private final BatchNetwork network;

  private VisionEncoder(ModelConfig config, BatchNetwork network) {
    this.config = config;
    this.network = network;
  }

  /**
   * Loads the vision tower of a checkpoint.
   *
   * @throws io.owlmesh.core.OwlException BAD_CHECKPOINT listing what is missing or wrong
   */
  public static VisionEncoder load(
      Checkpoint checkpoint, EngineOptions options, WeightLoader.Progress progress) {
    ModelConfig config = checkpoint.config();
    return new VisionEncoder(
        config,
        BatchNetwork.load(
            checkpoint, Part.VISION, config.visionNetwork(), RUNNER, options, progress));
  }

  /**
   * Encodes images together.
   *
   * @param pixels normalised pixels [3, S, S] each
   * @return features [P, D] each, in {@link #dtype}
   */
  public List<HostTensor> encode(List<HostTensor> pixels) {
    int size = config.imageSize();
    for (HostTensor image : pixels) {
      HostTensors.requireShape(image, "pixels", 3, size, size);
    }
    return network.run("encode", pixels, DType.FLOAT32);
  }

  public ModelConfig config() {
    return config;
  }

  /** Type of the arithmetic and of the features. */
  public DType dtype() {
    return network.dtype();
  }

  @Override
  public void close() {
    network.close();
  }
}
