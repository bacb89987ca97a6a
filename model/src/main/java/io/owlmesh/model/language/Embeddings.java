// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.language;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import io.owlmesh.model.HostTensor;
import io.owlmesh.model.OwlConfig;
import io.owlmesh.model.OwlException;
import io.owlmesh.model.engine.Call;
import io.owlmesh.model.engine.HostTensors;
import io.owlmesh.model.engine.Program;
import java.util.List;

/** Inputs of the LLaMA [T, H]: embedded ids with visual tokens in their places. */
public final class Embeddings implements AutoCloseable {
  private final PtNDManager scope;
  private final NDArray tensor;
  private final int length;

  private Embeddings(PtNDManager scope, NDArray tensor, int length) {
    this.scope = scope;
    this.tensor = tensor;
    this.length = length;
  }

  /**
   * Embeds a prompt.
   *
   * @param ids token ids; negative at visual positions
   * @param starts first position of each image, ascending
   * @param images visual tokens [Q + 1, H] of each image
   * @throws OwlException BAD_INPUT if the images are not as many as their places, or wrongly shaped
   */
  public static Embeddings of(
      LanguageModel model, int[] ids, int[] starts, List<HostTensor> images) {
    OwlConfig config = model.config();
    if (starts.length != images.size()) {
      throw OwlException.badInput(
          "images", images.size() + " for " + starts.length + " places in the prompt");
    }
    for (HostTensor image : images) {
      HostTensors.requireShape(
          image, "visual_tokens", config.visualTokens(), config.language().width());
    }
    Program program = model.program();
    PtNDManager scope = program.newScope();
    try (PtNDManager inputs = program.newScope()) {
      NDArray embedded = embed(model, ids, inputs, scope);
      for (int i = 0; i < starts.length; i++) {
        NDArray tokens = HostTensors.enter(program, images.get(i), model.dtype(), inputs);
        try (Call call = program.call("splice").with(embedded).with(tokens).with(starts[i])) {
          call.tensor(inputs);
        }
      }
      return new Embeddings(scope, embedded, ids.length);
    } catch (RuntimeException e) {
      scope.close();
      throw e;
    }
  }

  private static NDArray embed(
      LanguageModel model, int[] ids, PtNDManager inputs, PtNDManager scope) {
    int vocabulary = model.config().language().vocabulary();
    long[] rows = new long[ids.length];
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] >= vocabulary) {
        throw OwlException.badInput(
            "ids", ids[i] + " at position " + i + ", but the vocabulary has " + vocabulary);
      }
      rows[i] = Math.max(ids[i], 0);
    }
    NDArray tensor = inputs.create(rows, new Shape(rows.length));
    try (Call call = model.program().call("embed").with(tensor).with(model.weights().tensors())) {
      return call.tensor(scope);
    }
  }

  NDArray tensor() {
    return tensor;
  }

  /** Positions. */
  public int length() {
    return length;
  }

  @Override
  public void close() {
    scope.close();
  }
}
