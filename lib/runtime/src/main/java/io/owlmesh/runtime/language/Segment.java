// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.language;

import java.util.Arrays;

/** The part of a step that belongs to one sequence: positions that follow each other. */
public final class Segment {
  private final PromptEmbeddings inputs;
  private final int[] ids;
  private final int first;
  private final int[] slots;
  private final int[] before;
  private final LoraAdapter adapter;
  private final Logits logits;

  /** Positions whose logits are computed. */
  public enum Logits {
    NONE,
    LAST,
    ALL
  }

  /**
   * A segment; the arrays are its own from here on.
   *
   * @param inputs that the visual ones among the positions read
   * @param ids of the positions; negative at visual ones
   * @param first position of the first
   * @param slots of the cache [ids.length] that their keys and values go to
   * @param before stretches of the cache that hold positions 0 to {@code first - 1}, as pairs of
   *     first slot and length
   * @param adapter to apply
   * @param logits which positions' logits are wanted
   */
  public Segment(
      PromptEmbeddings inputs,
      int[] ids,
      int first,
      int[] slots,
      int[] before,
      LoraAdapter adapter,
      Logits logits) {
    this.inputs = inputs;
    this.ids = ids;
    this.first = first;
    this.slots = slots;
    this.before = before;
    this.adapter = adapter;
    this.logits = logits;
  }

  PromptEmbeddings inputs() {
    return inputs;
  }

  int id(int row) {
    return ids[row];
  }

  int first() {
    return first;
  }

  int slot(int row) {
    return slots[row];
  }

  int[] before() {
    return before.clone();
  }

  /**
   * Stretches of the cache that a row attends to: those before it, then its own slot. They are
   * those that it would have as the only row of a segment.
   */
  int[] upTo(int row) {
    int[] all = Arrays.copyOf(before, before.length + 2 * (row + 1));
    int end = before.length;
    for (int i = 0; i <= row; i++) {
      boolean lengthens = i < row && end > 0 && all[end - 2] + all[end - 1] == slots[i];
      if (lengthens) {
        all[end - 1]++;
      } else {
        all[end++] = slots[i];
        all[end++] = 1;
      }
    }
    return Arrays.copyOf(all, end);
  }

  LoraAdapter adapter() {
    return adapter;
  }

  /** Whether the logits of a row are wanted. */
  boolean wants(int row) {
    return switch (logits) {
      case NONE -> false;
      case LAST -> row == rows() - 1;
      case ALL -> true;
    };
  }

  /** Rows of the step. */
  int rows() {
    return ids.length;
  }
}
