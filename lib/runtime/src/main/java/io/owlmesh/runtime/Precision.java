// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime;

import io.owlmesh.core.DType;
import io.owlmesh.core.OwlException;
import java.util.Arrays;
import java.util.Locale;

/**
 * Number types that networks compute in. LayerNorm, RMSNorm and LoRA use float32 in all of them.
 */
public enum Precision {
  /** As stored: float32 stays, 16-bit checkpoints compute in bfloat16. */
  AUTO,
  FLOAT32,
  BFLOAT16,
  FLOAT16;

  /** Parses a name in any case. */
  public static Precision named(String name) {
    return Arrays.stream(values())
        .filter(p -> p.name().equals(name.toUpperCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(() ->
            OwlException.badInput(
                "dtype", "'" + name + "'; known are auto, float32, bfloat16 and float16"));
  }

  /** The type to compute in, for weights stored in this one. */
  DType resolve(DType stored) {
    return switch (this) {
      case AUTO -> stored == DType.FLOAT32 ? DType.FLOAT32 : DType.BFLOAT16;
      case FLOAT32 -> DType.FLOAT32;
      case BFLOAT16 -> DType.BFLOAT16;
      case FLOAT16 -> DType.FLOAT16;
    };
  }

  /** The name in lower case, as options spell it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
