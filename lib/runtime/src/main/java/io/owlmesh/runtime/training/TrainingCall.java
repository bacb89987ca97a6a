// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.runtime.HostTensors;
import io.owlmesh.runtime.Program;
import java.util.List;

/**
 * One call of a method that may compute gradients: named arguments in the order of the method, then
 * its result. What it takes along is freed when it is closed; groups stay.
 */
public final class TrainingCall implements AutoCloseable {
  private final Program program;
  private final String method;
  private final PtNDManager scope;
  private final NDList arguments = new NDList();

  TrainingCall(Program program, String method) {
    this.program = program;
    this.method = method;
    this.scope = program.newScope();
  }

  /** Integers of the given shape; without one, of as many as there are. */
  public TrainingCall with(String name, long[] values, long... shape) {
    return add(
        name,
        scope.create(values, shape.length == 0 ? new Shape(values.length) : new Shape(shape)));
  }

  /** Float64 numbers [N]. */
  public TrainingCall with(String name, double[] values) {
    return add(name, scope.create(values));
  }

  /** Float32 numbers [N]. */
  public TrainingCall with(String name, float[] values) {
    return add(name, scope.create(values));
  }

  /** A tensor as it is in memory; bfloat16 under the name of float16. */
  public TrainingCall withRaw(String name, HostTensor tensor) {
    return add(name, HostTensors.raw(tensor, scope));
  }

  /**
   * Tensors of one shape as one batch [N, shape] of float32.
   *
   * @param shape of each, which none of them is needed for
   */
  public TrainingCall withBatch(String name, List<HostTensor> tensors, long... shape) {
    return add(
        name,
        tensors.isEmpty()
            ? scope.zeros(new Shape(0).addAll(new Shape(shape)))
            : HostTensors.enter(program, tensors, DType.FLOAT32, scope));
  }

  /** Tensors that outlive the call, and that it may change. */
  public TrainingCall with(TensorGroup group) {
    arguments.addAll(group.named());
    return this;
  }

  private TrainingCall add(String name, NDArray argument) {
    argument.setName(name);
    arguments.add(argument);
    return this;
  }

  /** Runs the method, whose result is one float32. */
  public double number() {
    return program.learn(method, arguments).getFirst().getFloat();
  }

  /** Runs the method, whose result is a list of float32. */
  public float[] numbers() {
    return program.learn(method, arguments).getFirst().toFloatArray();
  }

  /** Runs the method and appends the tensor that it gives to a group. */
  public void into(TensorGroup group) {
    group.adopt(program.learn(method, arguments).getFirst());
  }

  @Override
  public void close() {
    scope.close();
  }
}
