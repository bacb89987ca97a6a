// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime;

import ai.djl.pytorch.jni.IValue;

/** A value of a program that Java only hands on, such as weights under their names. */
public final class ScriptValue implements AutoCloseable {
  private final IValue value;

  ScriptValue(IValue value) {
    this.value = value;
  }

  IValue value() {
    return value;
  }

  @Override
  public void close() {
    value.close();
  }
}
