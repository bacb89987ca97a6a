// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime;

import io.owlmesh.core.DType;
import io.owlmesh.model.weights.MappedTensor;
import java.util.List;

/** The weights of one network on its device, and the files that some of them still lie in. */
public final class Weights implements AutoCloseable {
  private final ScriptValue named;
  private final TensorList tensors;
  private final TensorList quantized;
  private final long stepBytes;
  private final List<MappedTensor> mapped;
  private final DType dtype;

  Weights(
      ScriptValue named,
      TensorList tensors,
      TensorList quantized,
      List<MappedTensor> mapped,
      DType dtype,
      long stepBytes) {
    this.named = named;
    this.tensors = tensors;
    this.quantized = quantized;
    this.stepBytes = stepBytes;
    this.mapped = mapped;
    this.dtype = dtype;
  }

  /** Under the names that the program gives them, as its methods take them. */
  public ScriptValue named() {
    return named;
  }

  /** Bytes that a step of one row reads: everything but tables. */
  public long stepBytes() {
    return stepBytes;
  }

  /** The type the network computes in. */
  public DType dtype() {
    return dtype;
  }

  @Override
  public void close() {
    named.close();
    tensors.close();
    quantized.close();
    mapped.forEach(MappedTensor::close);
  }
}
