// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.vision;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.checkpoint.Part;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.family.NetworkSpec;
import io.owlmesh.model.script.Script;
import io.owlmesh.runtime.Call;
import io.owlmesh.runtime.EngineOptions;
import io.owlmesh.runtime.HostTensors;
import io.owlmesh.runtime.Program;
import io.owlmesh.runtime.WeightLoader;
import io.owlmesh.runtime.Weights;
import java.util.List;

/**
 * The vision tower of a model: pixels [3, S, S] -> features [P, D], exactly what its connector
 * reads. What it computes is its family's. Used by one thread at a time.
 */
public final class VisionEncoder implements AutoCloseable {
  private static final Script RUNNER = Script.of("/io/owlmesh/runtime/vision/vision.torchscript");

  private final ModelConfig config;
  private final Program program;
  private final Weights weights;

  private VisionEncoder(ModelConfig config, Program program, Weights weights) {
    this.config = config;
    this.program = program;
    this.weights = weights;
  }

  /**
   * Loads the vision tower of a checkpoint.
   *
   * @throws io.owlmesh.core.OwlException BAD_CHECKPOINT listing what is missing or wrong
   */
  public static VisionEncoder load(
      Checkpoint checkpoint, EngineOptions options, WeightLoader.Progress progress) {
    checkpoint.requireComplete(Part.VISION);
    NetworkSpec network = checkpoint.config().visionNetwork();
    Program program =
        Program.load(network.script().plus(RUNNER), network.weights().parameters(), options);
    WeightLoader loader = new WeightLoader(program, checkpoint, network, progress);
    try {
      loader.all(network.weights());
      return new VisionEncoder(checkpoint.config(), program, loader.finish());
    } catch (RuntimeException e) {
      loader.abandon();
      program.close();
      throw e;
    }
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
    try (PtNDManager scope = program.newScope()) {
      NDArray batch = HostTensors.enter(program, pixels, DType.FLOAT32, scope);
      try (Call call = program.call("encode").with(batch).with(weights.named())) {
        return HostTensors.leave(call.tensor(scope), weights.dtype());
      }
    }
  }

  public ModelConfig config() {
    return config;
  }

  /** Type of the arithmetic and of the features. */
  public DType dtype() {
    return weights.dtype();
  }

  @Override
  public void close() {
    weights.close();
    program.close();
  }
}
