// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
import java.util.List;

/** Tensors as one argument of programs, prepared once and used in many calls. Owns the tensors. */
public final class TensorList implements AutoCloseable {
  private final List<NDArray> tensors;
  private final IValue value;

  public TensorList(List<NDArray> tensors) {
    this.tensors = List.copyOf(tensors);
    this.value = IValue.listFrom(tensors.toArray(PtNDArray[]::new));
  }

  IValue value() {
    return value;
  }

  @Override
  public void close() {
    value.close();
    tensors.forEach(NDArray::close);
  }
}
