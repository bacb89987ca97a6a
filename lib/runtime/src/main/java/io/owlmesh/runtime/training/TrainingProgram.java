// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import io.owlmesh.model.script.Script;
import io.owlmesh.runtime.EngineOptions;
import io.owlmesh.runtime.Program;

/** A program that learns, and the tensors that live as long as it. Used by one thread at a time. */
public final class TrainingProgram implements AutoCloseable {
  private final Program program;
  private final PtNDManager manager;

  /**
   * Compiles a program.
   *
   * @param options all cores compute unless they name a number of threads: a training step is long
   */
  public TrainingProgram(Script script, EngineOptions options) {
    program = Program.load(script, Long.MAX_VALUE, options);
    manager = program.newScope();
  }

  /** A group without tensors. */
  public TensorGroup group(String name) {
    return new TensorGroup(name, manager);
  }

  /** A group of one tensor of integers [N]. */
  public TensorGroup longs(String name, long... values) {
    TensorGroup group = group(name);
    NDArray tensor = manager.create(values, new Shape(values.length));
    group.adopt(tensor);
    return group;
  }

  /** Begins a call of a method; to be closed by the caller. */
  public TrainingCall call(String method) {
    return new TrainingCall(program, method);
  }

  @Override
  public void close() {
    manager.close();
    program.close();
  }
}
