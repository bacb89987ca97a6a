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

  /** Stretches of the cache that a single row attends to: those before it, then its own slot. */
  int[] withOwn() {
    int[] all = Arrays.copyOf(before, before.length + 2);
    all[before.length] = slots[0];
    all[before.length + 1] = 1;
    return all;
  }

  LoraAdapter adapter() {
    return adapter;
  }

  Logits logits() {
    return logits;
  }

  /** Rows of the step. */
  int rows() {
    return ids.length;
  }
}
