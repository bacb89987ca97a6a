// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.engine;

import io.owlmesh.model.OwlException;
import java.util.Arrays;
import java.util.Locale;

/** In how many bits the matrices of a language model are kept on the CPU. */
public enum Quantization {
  /** As many as they are computed in. */
  NONE,
  /**
   * 8, each row with a scale of its own: w = scale * q with q from -127 to 127. Half the memory,
   * and half as much to read for a token.
   */
  INT8,
  /** 8 bits for steps of few rows, bfloat16 for larger ones: one and a half times the memory. */
  MIXED;

  /** Parses a name in any case. */
  public static Quantization named(String name) {
    return Arrays.stream(values())
        .filter(q -> q.name().equals(name.toUpperCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(() ->
            OwlException.badInput("quantize", "'" + name + "'; known are none, int8 and mixed"));
  }

  /**
   * Rows up to which PyTorch's product with 8-bit matrices is used. It computes row by row: beyond,
   * a bfloat16 matrix is faster, even one that is made for the occasion.
   */
  public int rows() {
    return switch (this) {
      case NONE -> 0;
      case INT8 -> 16;
      case MIXED -> 2;
    };
  }

  /** The name in lower case, as options spell it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
