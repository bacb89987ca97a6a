// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.language;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.owlmesh.model.family.LanguageConfig;
import io.owlmesh.runtime.Call;
import io.owlmesh.runtime.TensorList;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Room for keys and values of many positions of many sequences: two tensors [keyValueHeads,
 * positions, headSize] a layer. Who has which position is for its user to know.
 */
public final class KeyValueCache implements AutoCloseable {
  private final int positions;
  private final TensorList keys;
  private final TensorList values;
  private final boolean readable;
  private final List<MemorySegment> keyBytes = new ArrayList<>();
  private final List<MemorySegment> valueBytes = new ArrayList<>();

  KeyValueCache(LanguageModel model, int positions) {
    this.positions = positions;
    LanguageConfig language = model.config().language();
    this.readable =
        model.program().options().device().equals("cpu")
            && (long) language.keyValueHeads() * positions * language.headSize()
                <= Integer.MAX_VALUE / model.dtype().bytes();
    this.keys = room(model, positions, keyBytes);
    this.values = room(model, positions, valueBytes);
  }

  private TensorList room(LanguageModel model, int positions, List<MemorySegment> bytes) {
    LanguageConfig language = model.config().language();
    PtNDManager owner = model.program().newScope();
    try (Call call =
        model
            .program()
            .call("cache")
            .with(language.layers())
            .with(language.keyValueHeads())
            .with(positions)
            .with(language.headSize())
            .with(model.like())) {
      List<NDArray> tensors = call.tensors(owner);
      if (readable) {
        // Views of the engine's memory, valid as long as the tensors.
        tensors.forEach(tensor -> bytes.add(MemorySegment.ofBuffer(tensor.toByteBuffer(true))));
      }
      return new TensorList(tensors, owner);
    }
  }

  /** Positions that there are. */
  public int positions() {
    return positions;
  }

  /** Whether keys and values can be read here: on the CPU, in tensors of less than 2 GiB. */
  boolean isReadable() {
    return readable;
  }

  /** The keys of a layer, in memory. */
  MemorySegment keyBytes(int layer) {
    return keyBytes.get(layer);
  }

  /** The values of a layer, in memory. */
  MemorySegment valueBytes(int layer) {
    return valueBytes.get(layer);
  }

  TensorList keys() {
    return keys;
  }

  TensorList values() {
    return values;
  }

  @Override
  public void close() {
    keys.close();
    values.close();
  }
}
