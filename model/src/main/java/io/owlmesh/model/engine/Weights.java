// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.engine;

import io.owlmesh.model.DType;
import io.owlmesh.model.checkpoint.MappedTensor;
import java.util.List;

/** The weights of one network on its device, and the files that some of them still lie in. */
public final class Weights implements AutoCloseable {
  private final TensorList tensors;
  private final List<MappedTensor> mapped;
  private final DType dtype;

  Weights(TensorList tensors, List<MappedTensor> mapped, DType dtype) {
    this.tensors = tensors;
    this.mapped = mapped;
    this.dtype = dtype;
  }

  /** In the order in which they were loaded. */
  public TensorList tensors() {
    return tensors;
  }

  /** The type the network computes in. */
  public DType dtype() {
    return dtype;
  }

  @Override
  public void close() {
    tensors.close();
    mapped.forEach(MappedTensor::close);
  }
}
