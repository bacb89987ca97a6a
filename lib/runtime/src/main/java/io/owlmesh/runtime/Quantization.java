// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime;

import io.owlmesh.core.OwlException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Stream;

/** In how many bits the matrices of a language model are kept on the CPU. */
public enum Quantization {
  /** As many as they are computed in. */
  NONE,
  /**
   * 8, each row with a scale of its own: w = scale * q with q from -127 to 127. Half the memory,
   * and half as much to read for a token.
   */
  INT8,
  /** 8 bits for few rows, bfloat16 for more: one and a half times the memory. */
  MIXED;

  private static final boolean TILES = hasTiles();

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
   * a bfloat16 product is faster. Measured on 11008 x 4096, one thread, microseconds of packed
   * bfloat16 and of this product: 7552 and 4465 for one row, 13565 and 11480 for 8, 20556 and 22370
   * for 16, 281289 and 330172 for 256, where a product after widening takes 320640. With tiles
   * (AMX), two threads: 2018 and 1291 for one row, 2270 and 4638 for 8, 2252 and 9010 for 16.
   */
  public int rows() {
    return switch (this) {
      case NONE -> 0;
      case INT8 -> TILES ? 16 : 192;
      case MIXED -> TILES ? 2 : 8;
    };
  }

  private static boolean hasTiles() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines.anyMatch(line -> line.startsWith("flags") && line.contains(" amx_bf16 "));
    } catch (IOException | UncheckedIOException e) {
      return false; // No Linux: then no tiles that PyTorch would use.
    }
  }

  /** The name in lower case, as options spell it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
