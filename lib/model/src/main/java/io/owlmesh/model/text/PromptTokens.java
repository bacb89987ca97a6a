// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

import io.owlmesh.core.OwlException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The positions of a prompt: a token id each, or a place for a visual token. Immutable. */
public final class PromptTokens {
  /** Stands for a visual token where an id would be. */
  public static final int VISUAL = -1;

  /**
   * What a model expects.
   *
   * @param bos id that begins a sequence
   * @param vocabulary ids that the model embeds
   * @param visualTokens positions of an image
   * @param oneText whether all texts of a prompt are one to the tokeniser, so that only the first
   *     begins it
   */
  public record Layout(int bos, int vocabulary, int visualTokens, boolean oneText) {
    /** Where every text is one of its own. */
    public Layout(int bos, int vocabulary, int visualTokens) {
      this(bos, vocabulary, visualTokens, false);
    }
  }

  private final int[] ids;
  private final List<Integer> imageStarts;
  private final int visualTokens;

  private PromptTokens(int[] ids, List<Integer> imageStarts, int visualTokens) {
    this.ids = ids;
    this.imageStarts = imageStarts;
    this.visualTokens = visualTokens;
  }

  /** Number of positions L. */
  public int length() {
    return ids.length;
  }

  /** A copy of the ids, [L], from BOS on; {@link #VISUAL} at the positions of images. */
  public int[] ids() {
    return ids.clone();
  }

  /** The first position of every image, in order. */
  public List<Integer> imageStarts() {
    return imageStarts;
  }

  /** Positions that each image takes from its start on. */
  public int visualTokens() {
    return visualTokens;
  }

  /** Appends position by position. */
  static final class Builder {
    private final List<Integer> imageStarts = new ArrayList<>();
    private final Layout layout;
    private int[] ids = new int[64];
    private int length;

    /**
     * @param begins whether with the id that begins a sequence
     */
    Builder(Layout layout, boolean begins) {
      this.layout = layout;
      if (begins) {
        ids[length++] = layout.bos();
      }
    }

    /** Whether a text that comes now begins one for the tokeniser. */
    boolean beginsText() {
      return !layout.oneText() || length == 1;
    }

    void text(int[] more) {
      int vocabulary = layout.vocabulary();
      int start = grow(more.length);
      for (int i = 0; i < more.length; i++) {
        if (more[i] >= vocabulary) {
          throw OwlException.badCheckpoint(
              "tokenizer", "gave the id " + more[i] + "; the model embeds " + vocabulary);
        }
        ids[start + i] = more[i];
      }
    }

    void image() {
      int start = grow(layout.visualTokens());
      imageStarts.add(start);
      Arrays.fill(ids, start, length, VISUAL);
    }

    private int grow(int more) {
      int start = length;
      if (more > Integer.MAX_VALUE / 2 - length) {
        throw OwlException.badInput("prompt", "more positions than an array can hold");
      }
      length += more;
      if (length > ids.length) {
        ids = Arrays.copyOf(ids, Math.max(length, 2 * ids.length));
      }
      return start;
    }

    PromptTokens build() {
      return new PromptTokens(
          Arrays.copyOf(ids, length), List.copyOf(imageStarts), layout.visualTokens());
    }
  }
}
