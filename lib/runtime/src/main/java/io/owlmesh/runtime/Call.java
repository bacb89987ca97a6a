// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import java.util.ArrayList;
import java.util.List;

/** One call of a program's method: arguments in order, then the result. Owns its native values. */
public final class Call implements AutoCloseable {
  private final PtSymbolBlock block;
  private final String method;
  private final List<IValue> arguments = new ArrayList<>();
  private final List<IValue> owned = new ArrayList<>();

  Call(PtSymbolBlock block, String method) {
    this.block = block;
    this.method = method;
  }

  public Call with(NDArray tensor) {
    return own(IValue.from((PtNDArray) tensor));
  }

  public Call with(long number) {
    return own(IValue.from(number));
  }

  public Call with(double number) {
    return own(IValue.from(number));
  }

  public Call with(boolean flag) {
    return own(IValue.from(flag));
  }

  /** A list that lives longer than the call. */
  public Call with(TensorList list) {
    arguments.add(list.value());
    return this;
  }

  /** A value that lives longer than the call. */
  public Call with(ScriptValue value) {
    arguments.add(value.value());
    return this;
  }

  /** A list that lives as long as the call. */
  public Call with(List<NDArray> tensors) {
    return own(IValue.listFrom(tensors.toArray(PtNDArray[]::new)));
  }

  private Call own(IValue value) {
    owned.add(value);
    arguments.add(value);
    return this;
  }

  /** Runs the method and gives its tensor to the manager. */
  public NDArray tensor(NDManager manager) {
    try (IValue result = result()) {
      return result.toTensor((PtNDManager) manager);
    }
  }

  /** Runs the method and gives its tensors to the manager. */
  public List<NDArray> tensors(NDManager manager) {
    try (IValue result = result()) {
      return List.of(result.toTensorArray((PtNDManager) manager));
    }
  }

  /** Runs the method and keeps its result where it is; to be closed by the caller. */
  public ScriptValue value() {
    return new ScriptValue(result());
  }

  /** Runs a method for what it does to its arguments. */
  public void run() {
    result().close();
  }

  private IValue result() {
    return IValueUtils.runMethod(block, method, arguments.toArray(IValue[]::new));
  }

  @Override
  public void close() {
    owned.forEach(IValue::close);
  }
}
