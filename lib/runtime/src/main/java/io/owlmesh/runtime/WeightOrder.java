// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime;

import io.owlmesh.model.family.WeightLayout;

/** Is told the tensors of a network one by one, in the order in which its program wants them. */
public interface WeightOrder {
  /** A tensor in the working type. */
  void plain(String name);

  /** A table in the working type, of which rows are read one by one. */
  void table(String name);

  /** A weight of a normalisation that computes in float32. */
  void float32(String name);

  /** The weight [out, in] of a linear layer. */
  void matrix(String name);

  /** All tensors of a network. */
  default void all(WeightLayout layout) {
    for (WeightLayout.Weight weight : layout.weights()) {
      switch (weight.kind()) {
        case PLAIN -> plain(weight.name());
        case TABLE -> table(weight.name());
        case FLOAT32 -> float32(weight.name());
        case MATRIX -> matrix(weight.name());
      }
    }
  }
}
