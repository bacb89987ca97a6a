// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.checkpoint;

import io.owlmesh.core.DType;
import io.owlmesh.model.weights.MappedTensor;
import io.owlmesh.model.weights.TensorEntry;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;
import java.util.Optional;

/** Looks for weights that are no numbers. One of them makes every answer nonsense. */
public final class Finiteness {
  private static final int EXPONENT_32 = 0x7f800000;
  private static final int EXPONENT_BFLOAT16 = 0x7f80;
  private static final int EXPONENT_FLOAT16 = 0x7c00;

  private Finiteness() {}

  /** What is wrong with a tensor of a float type; empty if all of its elements are finite. */
  public static Optional<String> problem(MappedTensor tensor) {
    String found =
        switch (tensor.dtype()) {
          case FLOAT32 -> wide(tensor.bytes().asIntBuffer());
          case BFLOAT16 -> narrow(tensor.bytes().asShortBuffer(), EXPONENT_BFLOAT16);
          case FLOAT16 -> narrow(tensor.bytes().asShortBuffer(), EXPONENT_FLOAT16);
          case UINT8, INT8, INT32, INT64, BOOL -> "";
        };
    return found.isEmpty()
        ? Optional.empty()
        : Optional.of("holds " + found + "; every number must be finite");
  }

  /** As above, reading the tensor. */
  public static Optional<String> problem(TensorEntry entry) {
    DType dtype = entry.dtype();
    if (!dtype.isFloat() || entry.elements() == 0) {
      return Optional.empty();
    }
    try (MappedTensor tensor = MappedTensor.of(entry)) {
      return problem(tensor);
    }
  }

  private static String wide(IntBuffer bits) {
    while (bits.hasRemaining()) {
      int next = bits.get();
      if ((next & EXPONENT_32) == EXPONENT_32) {
        return Float.toString(Float.intBitsToFloat(next));
      }
    }
    return "";
  }

  private static String narrow(ShortBuffer bits, int exponent) {
    while (bits.hasRemaining()) {
      int next = bits.get();
      if ((next & exponent) == exponent) {
        boolean infinite = (next & 0x7fff) == exponent;
        return infinite ? (next < 0 ? "-Infinity" : "Infinity") : "NaN";
      }
    }
    return "";
  }
}
