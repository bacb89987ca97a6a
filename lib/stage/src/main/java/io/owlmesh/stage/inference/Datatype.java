// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage.inference;

import io.owlmesh.core.DType;

/** The protocol's element types that models of the mesh take or give. */
public enum Datatype {
  FP32(DType.FLOAT32),
  FP16(DType.FLOAT16),
  BF16(DType.BFLOAT16),
  /** Byte strings, of any length each. */
  BYTES(DType.UINT8);

  private final DType dtype;

  Datatype(DType dtype) {
    this.dtype = dtype;
  }

  /** The type of elements that a network computes in. */
  public static Datatype of(DType dtype) {
    return switch (dtype) {
      case FLOAT32 -> FP32;
      case FLOAT16 -> FP16;
      case BFLOAT16 -> BF16;
      case UINT8, INT8, INT32, INT64, BOOL ->
          throw new IllegalArgumentException("no model computes in " + dtype);
    };
  }

  /** The type in memory; a byte string is a tensor of bytes. */
  DType dtype() {
    return dtype;
  }
}
