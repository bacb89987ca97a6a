// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.connector;

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
 * The connector of a model, such as a visual abstractor or a projection: features [P, D] -> visual
 * tokens [T, H]. What it computes is its family's. Used by one thread at a time.
 */
public final class VisualAbstractor implements AutoCloseable {
  private static final Script RUNNER =
      Script.of("/io/owlmesh/runtime/connector/connector.torchscript");

  private final ModelConfig config;
  private final BatchNetwork network;

  private VisualAbstractor(ModelConfig config, BatchNetwork network) {
    this.config = config;
    this.network = network;
  }

  /**
   * Loads the connector of a checkpoint.
   *
   * @throws io.owlmesh.core.OwlException BAD_CHECKPOINT listing what is missing or wrong
   */
  public static VisualAbstractor load(
      Checkpoint checkpoint, EngineOptions options, WeightLoader.Progress progress) {
    ModelConfig config = checkpoint.config();
    return new VisualAbstractor(
        config,
        BatchNetwork.load(
            checkpoint, Part.ABSTRACTOR, config.connectorNetwork(), RUNNER, options, progress));
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
    return network.run("resample", features, network.dtype());
  }

  public ModelConfig config() {
    return config;
  }

  /** Type of the arithmetic and of the visual tokens. */
  public DType dtype() {
    return network.dtype();
  }

  @Override
  public void close() {
    network.close();
  }
}
