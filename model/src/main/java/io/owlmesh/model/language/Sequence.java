// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.language;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.owlmesh.model.OwlConfig;
import io.owlmesh.model.OwlException;
import io.owlmesh.model.engine.Call;
import io.owlmesh.model.engine.Program;
import io.owlmesh.model.engine.TensorList;

/**
 * One growing sequence: the keys and values of its positions [keyValueHeads, capacity, headSize] a
 * layer. Positions are appended; what was appended stays.
 */
public final class Sequence implements AutoCloseable {
  private final LanguageModel model;
  private final LoraAdapter adapter;
  private final int capacity;
  private final TensorList keys;
  private final TensorList values;
  private int length;

  Sequence(LanguageModel model, int capacity, LoraAdapter adapter) {
    int context = model.config().language().context();
    if (capacity > context) {
      throw OwlException.badInput(
          "prompt", capacity + " positions, but the context of the model is " + context);
    }
    this.model = model;
    this.adapter = adapter;
    this.capacity = capacity;
    this.keys = cache();
    this.values = cache();
  }

  private TensorList cache() {
    OwlConfig.Language language = model.config().language();
    PtNDManager owner = model.program().newScope();
    try (Call call =
        model
            .program()
            .call("cache")
            .with(language.layers())
            .with(language.keyValueHeads())
            .with(capacity)
            .with(language.headSize())
            .with(model.cosines())) {
      return new TensorList(call.tensors(owner), owner);
    }
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
   * @param inputs embeddings of the positions
   * @param from first row of them to append
   * @param to row after the last
   * @return logits [V] of the last position
   */
  public float[] append(Embeddings inputs, int from, int to) {
    return run(inputs, from, to, false);
  }

  /** As {@link #append}, with the logits [to - from, V] of all positions, row after row. */
  public float[] appendAll(Embeddings inputs, int from, int to) {
    return run(inputs, from, to, true);
  }

  private float[] run(Embeddings inputs, int from, int to, boolean all) {
    require(to - from);
    Program program = model.program();
    try (PtNDManager scope = program.newScope()) {
      NDArray rows;
      try (Call slice = program.call("rows").with(inputs.tensor()).with(from).with(to)) {
        rows = slice.tensor(scope);
      }
      try (Call call = state(program.call("forward").with(rows)).with(all)) {
        float[] logits = call.tensor(scope).toFloatArray();
        length += to - from;
        return logits;
      }
    }
  }

  /**
   * Appends one token.
   *
   * @return logits [V] of its position
   */
  public float[] append(int id) {
    require(1);
    try (PtNDManager scope = model.program().newScope();
        Call call = state(model.program().call("step").with(id))) {
      float[] logits = call.tensor(scope).toFloatArray();
      length++;
      return logits;
    }
  }

  private Call state(Call call) {
    return call.with(model.weights().tensors())
        .with(adapter.tensors())
        .with(keys)
        .with(values)
        .with(length)
        .with(model.cosines())
        .with(model.sines())
        .with(model.config().language().epsilon());
  }

  private void require(int more) {
    if (length + more > capacity) {
      throw OwlException.badInput(
          "prompt", (length + more) + " positions, but the sequence has room for " + capacity);
    }
  }

  @Override
  public void close() {
    keys.close();
    values.close();
  }
}
