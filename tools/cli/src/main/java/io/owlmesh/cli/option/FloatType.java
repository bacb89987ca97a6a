// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.option;

import io.owlmesh.core.DType;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads floating point types by either of the names that people use. */
public final class FloatType implements ITypeConverter<DType> {
  @Override
  public DType convert(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "f32", "float32" -> DType.FLOAT32;
      case "f16", "float16" -> DType.FLOAT16;
      case "bf16", "bfloat16" -> DType.BFLOAT16;
      default -> throw new TypeConversionException("'" + text + "' is none of f32, f16, bf16");
    };
  }
}
