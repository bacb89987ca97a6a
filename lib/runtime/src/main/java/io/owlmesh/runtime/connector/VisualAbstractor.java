// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.connector;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.model.OwlConfig;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.checkpoint.ExpectedTensors;
import io.owlmesh.model.checkpoint.Part;
import io.owlmesh.runtime.Call;
import io.owlmesh.runtime.EngineOptions;
import io.owlmesh.runtime.HostTensors;
import io.owlmesh.runtime.Program;
import io.owlmesh.runtime.WeightLoader;
import io.owlmesh.runtime.WeightOrder;
import io.owlmesh.runtime.Weights;
import java.util.List;

/**
 * The visual abstractor: features [1 + P, D] -> visual tokens [Q + 1, H] by learned queries that
 * attend to the features; without layers, a linear projection of them. Used by one thread at a
 * time.
 */
public final class VisualAbstractor implements AutoCloseable {
  /** The methods of the network. */
  public static final String PROGRAM = "/io/owlmesh/model/abstractor/abstractor.py";

  private final OwlConfig config;
  private final Program program;
  private final Weights weights;

  private VisualAbstractor(OwlConfig config, Program program, Weights weights) {
    this.config = config;
    this.program = program;
    this.weights = weights;
  }

  /**
   * Loads the {@code abstractor} and {@code query_tokens} of a checkpoint.
   *
   * @throws io.owlmesh.core.OwlException BAD_CHECKPOINT listing what is missing or wrong
   */
  public static VisualAbstractor load(
      Checkpoint checkpoint, EngineOptions options, WeightLoader.Progress progress) {
    checkpoint.requireComplete(Part.ABSTRACTOR);
    Program program =
        Program.load(
            List.of(PROGRAM),
            ExpectedTensors.of(checkpoint.config()).parameters(Part.ABSTRACTOR),
            options);
    WeightLoader loader = new WeightLoader(program, checkpoint, "query_tokens", progress);
    try {
      order(checkpoint.config(), loader);
      return new VisualAbstractor(checkpoint.config(), program, loader.finish());
    } catch (RuntimeException e) {
      loader.abandon();
      program.close();
      throw e;
    }
  }

  /** The order of the program's {@code w}. */
  public static void order(OwlConfig config, WeightOrder loader) {
    loader.plain("query_tokens");
    for (int i = 0; i < config.abstractor().layers(); i++) {
      String layer = "abstractor.encoder.layers." + i + ".crossattention.";
      loader.norm(layer + "norm1");
      loader.norm(layer + "normk");
      loader.linear(layer + "attention.query");
      loader.linear(layer + "attention.key");
      loader.linear(layer + "attention.value");
      loader.linear(layer + "output.out_proj");
      loader.norm(layer + "output.norm2");
      loader.linear(layer + "output.mlp.w1");
      loader.linear(layer + "output.mlp.w3");
      loader.norm(layer + "output.mlp.ffn_ln");
      loader.linear(layer + "output.mlp.w2");
    }
    loader.linear("abstractor.visual_fc");
    loader.plain("abstractor.vit_eos");
  }

  /**
   * Resamples the features of several images together.
   *
   * @param features [1 + P, D] each, of any float type
   * @return visual tokens [Q + 1, H] each, in {@link #dtype}: the queries, then the end-of-image
   *     token
   */
  public List<HostTensor> resample(List<HostTensor> features) {
    OwlConfig.Vision vision = config.vision();
    for (HostTensor image : features) {
      HostTensors.requireShape(image, "features", vision.tokens(), vision.width());
    }
    try (PtNDManager scope = program.newScope()) {
      NDArray batch = HostTensors.enter(program, features, weights.dtype(), scope);
      try (Call call =
          program
              .call("resample")
              .with(batch)
              .with(weights.tensors())
              .with(config.abstractor().heads())
              .with(config.abstractor().epsilon())) {
        return HostTensors.leave(call.tensor(scope), weights.dtype());
      }
    }
  }

  public OwlConfig config() {
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
