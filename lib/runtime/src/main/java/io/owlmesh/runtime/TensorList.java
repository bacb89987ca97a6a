// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import java.util.List;

/** Tensors as one argument of programs, prepared once and used in many calls. */
public final class TensorList implements AutoCloseable {
  private final IValue value;
  private final PtNDManager owner;

  /**
   * @param owner manager that has the tensors; closed with the list
   */
  public TensorList(List<NDArray> tensors, PtNDManager owner) {
    this.value = IValue.listFrom(tensors.toArray(PtNDArray[]::new));
    this.owner = owner;
  }

  IValue value() {
    return value;
  }

  @Override
  public void close() {
    value.close();
    owner.close();
  }
}
