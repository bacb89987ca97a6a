// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.language;

import io.owlmesh.core.OwlException;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One growing sequence with a cache of its own. Positions are appended; what was appended stays.
 */
public final class CachedSequence implements AutoCloseable {
  private final LanguageModel model;
  private final LoraAdapter adapter;
  private final KeyValueCache cache;
  private int length;

  CachedSequence(LanguageModel model, int capacity, LoraAdapter adapter) {
    int context = model.config().language().context();
    if (capacity > context) {
      throw OwlException.badInput(
          "prompt", capacity + " positions, but the context of the model is " + context);
    }
    this.model = model;
    this.adapter = adapter;
    this.cache = model.cache(capacity);
  }

  /** Positions so far. */
  public int length() {
    return length;
  }

  /** Id of the token that ends an answer. */
  int endOfSequence() {
    return model.config().language().eos();
  }

  /**
   * Appends positions.
   *
   * @param inputs of the whole prompt, of which this sequence has read the rows before {@code from}
   * @param to row after the last
   * @return logits [V] of the last position
   */
  public float[] append(PromptEmbeddings inputs, int from, int to) {
    int[] ids = IntStream.range(from, to).map(inputs::id).toArray();
    try (ForwardResult result = run(inputs, ids, Segment.Logits.LAST)) {
      return result.logits(0, 0);
    }
  }

  /** As {@link #append}, with the logits [to - from, V] of all positions, row after row. */
  public float[] appendAll(PromptEmbeddings inputs, int from, int to) {
    int[] ids = IntStream.range(from, to).map(inputs::id).toArray();
    try (ForwardResult result = run(inputs, ids, Segment.Logits.ALL)) {
      return result.allLogits();
    }
  }

  /**
   * Appends one token.
   *
   * @return logits [V] of its position
   */
  public float[] append(int id) {
    try (ForwardResult result = run(model.nothing(), new int[] {id}, Segment.Logits.LAST)) {
      return result.logits(0, 0);
    }
  }

  private ForwardResult run(PromptEmbeddings inputs, int[] ids, Segment.Logits logits) {
    int end = length + ids.length;
    if (end > cache.positions()) {
      throw OwlException.badInput(
          "prompt", end + " positions, but the sequence has room for " + cache.positions());
    }
    int[] before = length == 0 ? new int[0] : new int[] {0, length};
    int[] slots = IntStream.range(length, end).toArray();
    Segment segment = new Segment(inputs, ids, length, slots, before, adapter, logits);
    ForwardResult result = model.step(cache, List.of(segment));
    length = end;
    return result;
  }

  @Override
  public void close() {
    cache.close();
  }
}
