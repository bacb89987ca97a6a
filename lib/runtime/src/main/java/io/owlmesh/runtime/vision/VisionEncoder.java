// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.vision;

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
 * The vision encoder, a ViT: pixels [3, S, S] -> features [1 + P, D]. Used by one thread at a time.
 */
public final class VisionEncoder implements AutoCloseable {
  /** The methods of the network. */
  public static final String PROGRAM = "/io/owlmesh/model/vision/vision_encoder.py";

  private final OwlConfig.Vision config;
  private final Program program;
  private final Weights weights;

  private VisionEncoder(OwlConfig.Vision config, Program program, Weights weights) {
    this.config = config;
    this.program = program;
    this.weights = weights;
  }

  /**
   * Loads the {@code vision_model} of a checkpoint.
   *
   * @throws io.owlmesh.core.OwlException BAD_CHECKPOINT listing what is missing or wrong
   */
  public static VisionEncoder load(
      Checkpoint checkpoint, EngineOptions options, WeightLoader.Progress progress) {
    checkpoint.requireComplete(Part.VISION);
    OwlConfig.Vision config = checkpoint.config().vision();
    Program program =
        Program.load(
            List.of(PROGRAM),
            ExpectedTensors.of(checkpoint.config()).parameters(Part.VISION),
            options);
    WeightLoader loader =
        new WeightLoader(program, checkpoint, "vision_model.embeddings.cls_token", progress);
    try {
      order(checkpoint.config(), loader);
      return new VisionEncoder(config, program, loader.finish());
    } catch (RuntimeException e) {
      loader.abandon();
      program.close();
      throw e;
    }
  }

  /** The order of the program's {@code w}. */
  public static void order(OwlConfig config, WeightOrder loader) {
    loader.plain("vision_model.embeddings.cls_token");
    loader.plain("vision_model.embeddings.position_embedding");
    loader.plain("vision_model.embeddings.patch_embed.weight");
    loader.norm("vision_model.embeddings.pre_layernorm");
    for (int i = 0; i < config.vision().layers(); i++) {
      String layer = "vision_model.encoder.layers." + i + ".";
      loader.norm(layer + "input_layernorm");
      loader.linear(layer + "self_attn.query_key_value");
      loader.linear(layer + "self_attn.dense");
      loader.norm(layer + "post_attention_layernorm");
      loader.linear(layer + "mlp.fc1");
      loader.linear(layer + "mlp.fc2");
    }
    loader.norm("vision_model.post_layernorm");
  }

  /**
   * Encodes images together.
   *
   * @param pixels normalised pixels [3, S, S] each
   * @return features [1 + P, D] each, in {@link #dtype}: class token, then patches in row-major
   *     order
   */
  public List<HostTensor> encode(List<HostTensor> pixels) {
    for (HostTensor image : pixels) {
      HostTensors.requireShape(image, "pixels", 3, config.imageSize(), config.imageSize());
    }
    try (PtNDManager scope = program.newScope()) {
      NDArray batch = HostTensors.enter(program, pixels, DType.FLOAT32, scope);
      try (Call call =
          program
              .call("encode")
              .with(batch)
              .with(weights.tensors())
              .with(config.heads())
              .with(config.epsilon())) {
        return HostTensors.leave(call.tensor(scope), weights.dtype());
      }
    }
  }

  public OwlConfig.Vision config() {
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
