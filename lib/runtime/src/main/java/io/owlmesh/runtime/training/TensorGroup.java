// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.runtime.HostTensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Tensors in the engine's memory that a program takes under one name. They live as long as the
 * {@link TrainingProgram} that made the group. A name that ends in {@code []} is a list.
 */
public final class TensorGroup {
  private final String name;
  private final PtNDManager manager;
  private final List<NDArray> tensors;

  TensorGroup(String name, PtNDManager manager) {
    this(name, manager, new ArrayList<>());
  }

  private TensorGroup(String name, PtNDManager manager, List<NDArray> tensors) {
    this.name = name;
    this.manager = manager;
    this.tensors = tensors;
  }

  /** Takes a tensor over from the scope in which it was made. */
  void adopt(NDArray tensor) {
    tensor.attach(manager);
    tensors.add(tensor);
  }

  /** The tensors, each under the name of this group, which may have had that of another before. */
  List<NDArray> named() {
    tensors.forEach(tensor -> tensor.setName(name));
    return tensors;
  }

  /** Some of the tensors under another name: the same memory, nothing is copied. */
  public TensorGroup select(String other, List<Integer> indices) {
    return new TensorGroup(other, manager, indices.stream().map(tensors::get).toList());
  }

  /** As many tensors of zeros, float32, each of the shape of the one that it stands beside. */
  public TensorGroup zerosLike(String other) {
    return zeros(other, tensors.stream().map(NDArray::getShape).toList());
  }

  /** As many float32 zeros, each a tensor of no dimension. */
  public TensorGroup scalarsLike(String other) {
    return zeros(other, tensors.stream().map(_ -> new Shape()).toList());
  }

  private TensorGroup zeros(String other, List<Shape> shapes) {
    List<NDArray> zeros = new ArrayList<>();
    shapes.forEach(shape -> zeros.add(manager.zeros(shape, DataType.FLOAT32)));
    return new TensorGroup(other, manager, zeros);
  }

  public int size() {
    return tensors.size();
  }

  /** Elements of all tensors together. */
  public long elements() {
    return tensors.stream().mapToLong(NDArray::size).sum();
  }

  /** Elements of a tensor. */
  public long elements(int index) {
    return tensors.get(index).size();
  }

  /** Sizes of a tensor, outermost first. */
  public long[] shape(int index) {
    return tensors.get(index).getShape().getShape();
  }

  /** A copy in host memory of a float32 tensor. */
  public HostTensor get(int index) {
    return HostTensors.whole(tensors.get(index), DType.FLOAT32);
  }

  /**
   * Writes over a tensor.
   *
   * @param values of the tensor's shape and type
   * @return whether they are of its shape; otherwise nothing is written
   */
  public boolean set(int index, HostTensor values) {
    NDArray tensor = tensors.get(index);
    if (!Arrays.equals(values.shape(), tensor.getShape().getShape())) {
      return false;
    }
    tensor.set(values.bytes());
    return true;
  }
}
