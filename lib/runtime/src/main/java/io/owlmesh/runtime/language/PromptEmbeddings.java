// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.language;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.runtime.HostTensors;
import java.util.ArrayList;
import java.util.List;

/**
 * What the language model reads: ids, and visual tokens in their places, which are on the device
 * already.
 */
public final class PromptEmbeddings implements AutoCloseable {
  private final PtNDManager scope;
  private final int[] ids;
  private final int[] starts;
  private final List<NDArray> images;

  private PromptEmbeddings(PtNDManager scope, int[] ids, int[] starts, List<NDArray> images) {
    this.scope = scope;
    this.ids = ids;
    this.starts = starts;
    this.images = images;
  }

  /**
   * Brings a prompt to the device.
   *
   * @param ids token ids; negative at visual positions
   * @param starts first position of each image, ascending
   * @param images visual tokens [T, H] of each image
   * @throws OwlException BAD_INPUT if the images are not as many as their places, or wrongly shaped
   */
  public static PromptEmbeddings of(
      LanguageModel model, int[] ids, int[] starts, List<HostTensor> images) {
    ModelConfig config = model.config();
    if (starts.length != images.size()) {
      throw OwlException.badInput(
          "images", images.size() + " for " + starts.length + " places in the prompt");
    }
    for (HostTensor image : images) {
      HostTensors.requireShape(
          image, "visual_tokens", config.visualTokens(), config.language().width());
    }
    int vocabulary = config.language().vocabulary();
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] >= vocabulary) {
        throw OwlException.badInput(
            "ids", ids[i] + " at position " + i + ", but the vocabulary has " + vocabulary);
      }
    }
    PtNDManager scope = model.program().newScope();
    try {
      List<NDArray> entered = new ArrayList<>();
      for (HostTensor image : images) {
        entered.add(HostTensors.enter(model.program(), image, model.dtype(), scope));
      }
      return new PromptEmbeddings(scope, ids.clone(), starts.clone(), entered);
    } catch (RuntimeException e) {
      scope.close();
      throw e;
    }
  }

  /** Positions. */
  public int length() {
    return ids.length;
  }

  int id(int position) {
    return ids[position];
  }

  int images() {
    return starts.length;
  }

  /** First position of an image. */
  int start(int image) {
    return starts[image];
  }

  /** Visual tokens [T, H]. */
  NDArray image(int image) {
    return images.get(image);
  }

  @Override
  public void close() {
    scope.close();
  }
}
