// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.core;

/** Element types that checkpoints hold and tensors travel in. Always little-endian. */
public enum DType {
  FLOAT32(4, "F32"),
  FLOAT16(2, "F16"),
  BFLOAT16(2, "BF16"),
  UINT8(1, "U8"),
  INT8(1, "I8"),
  INT32(4, "I32"),
  INT64(8, "I64"),
  BOOL(1, "BOOL");

  private final int bytes;
  private final String safetensorsName;

  DType(int bytes, String safetensorsName) {
    this.bytes = bytes;
    this.safetensorsName = safetensorsName;
  }

  /** Size of one element, bytes. */
  public int bytes() {
    return bytes;
  }

  /** The name that safetensors headers use. */
  public String safetensorsName() {
    return safetensorsName;
  }

  public boolean isFloat() {
    return this == FLOAT32 || this == FLOAT16 || this == BFLOAT16;
  }
}
