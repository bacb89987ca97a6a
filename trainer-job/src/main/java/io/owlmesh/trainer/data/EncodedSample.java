// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.data;

import io.owlmesh.core.HostTensor;
import io.owlmesh.model.text.PromptTokens;
import java.util.List;

/** A sample as the networks take it. Not padded. Immutable by contract. */
public final class EncodedSample {
  private final int[] ids;
  private final boolean[] trained;
  private final List<HostTensor> pixels;

  /**
   * @param ids [L], from BOS on; {@link PromptTokens#VISUAL} at the positions of images
   * @param trained [L]; whether the token at a position is learnt; never that at 0
   * @param pixels float32 [3, S, S] of each image, in order
   */
  public EncodedSample(int[] ids, boolean[] trained, List<HostTensor> pixels) {
    this.ids = ids;
    this.trained = trained;
    this.pixels = List.copyOf(pixels);
  }

  /** Number of positions L. */
  public int length() {
    return ids.length;
  }

  /** The token at a position, or {@link PromptTokens#VISUAL}. */
  public int id(int position) {
    return ids[position];
  }

  /** Whether the token at a position is learnt: predicted from those before it. */
  public boolean trained(int position) {
    return trained[position];
  }

  /** How many tokens are learnt. */
  public int targets() {
    int count = 0;
    for (boolean one : trained) {
      count += one ? 1 : 0;
    }
    return count;
  }

  /** float32 [3, S, S] of each image, in order. */
  public List<HostTensor> pixels() {
    return pixels;
  }
}
