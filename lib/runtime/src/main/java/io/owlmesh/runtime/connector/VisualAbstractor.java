// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.connector;

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
 * The connector of a model, such as a visual abstractor or a projection: features [P, D] -> visual
 * tokens [T, H]. What it computes is its family's. Used by one thread at a time.
 */
public final class VisualAbstractor implements AutoCloseable {
  private static final Script RUNNER =
      Script.of("/io/owlmesh/runtime/connector/connector.torchscript");

  private final ModelConfig config;
  private final Program program;
  private final Weights weights;

  private VisualAbstractor(ModelConfig config, Program program, Weights weights) {
    this.config = config;
    this.program = program;
    this.weights = weights;
  }

  /**
   * Loads the connector of a checkpoint.
   *
   * @throws io.owlmesh.core.OwlException BAD_CHECKPOINT listing what is missing or wrong
   */
  public static VisualAbstractor load(
      Checkpoint checkpoint, EngineOptions options, WeightLoader.Progress progress) {
    checkpoint.requireComplete(Part.ABSTRACTOR);
    NetworkSpec network = checkpoint.config().connectorNetwork();
    Program program =
        Program.load(network.script().plus(RUNNER), network.weights().parameters(), options);
    WeightLoader loader = new WeightLoader(program, checkpoint, network, progress);
    try {
      loader.all(network.weights());
      return new VisualAbstractor(checkpoint.config(), program, loader.finish());
    } catch (RuntimeException e) {
      loader.abandon();
      program.close();
      throw e;
    }
  }

  /**
   * Makes the visual tokens of several images together.
   *
   * @param features [P, D] each, of any float type
   * @return visual tokens [T, H] each, in {@link #dtype}
   */
  public List<HostTensor> resample(List<HostTensor> features) {
    for (HostTensor image : features) {
      HostTensors.requireShape(image, "features", config.featureTokens(), config.featureWidth());
    }
    try (PtNDManager scope = program.newScope()) {
      NDArray batch = HostTensors.enter(program, features, weights.dtype(), scope);
      try (Call call = program.call("resample").with(batch).with(weights.named())) {
        return HostTensors.leave(call.tensor(scope), weights.dtype());
      }
    }
  }

  public ModelConfig config() {
    return config;
  }

  /** Type of the arithmetic and of the visual tokens. */
  public DType dtype() {
    return weights.dtype();
  }

  @Override
  public void close() {
    weights.close();
    program.close();
  }
}
