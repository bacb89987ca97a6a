// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.language;

import ai.djl.pytorch.engine.PtNDManager;
import io.owlmesh.model.family.LanguageConfig;
import io.owlmesh.runtime.Call;
import io.owlmesh.runtime.TensorList;

/**
 * Room for keys and values of many positions of many sequences: two tensors [keyValueHeads,
 * positions, headSize] a layer. Who has which position is for its user to know.
 */
public final class KeyValueCache implements AutoCloseable {
  private final int positions;
  private final TensorList keys;
  private final TensorList values;

  KeyValueCache(LanguageModel model, int positions) {
    this.positions = positions;
    this.keys = room(model, positions);
    this.values = room(model, positions);
  }

  private static TensorList room(LanguageModel model, int positions) {
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
      return new TensorList(call.tensors(owner), owner);
    }
  }

  /** Positions that there are. */
  public int positions() {
    return positions;
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
