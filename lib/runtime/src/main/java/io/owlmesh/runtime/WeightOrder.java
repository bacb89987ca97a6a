// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime;

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

  /** {@code NAME.weight} and {@code NAME.bias} of a LayerNorm. */
  default void norm(String name) {
    float32(name + ".weight");
    float32(name + ".bias");
  }

  /** {@code NAME.weight} and {@code NAME.bias} of a linear layer. */
  default void linear(String name) {
    matrix(name + ".weight");
    plain(name + ".bias");
  }
}
