// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.recipe;

import io.owlmesh.core.OwlException;
import org.jspecify.annotations.Nullable;

/** What fields of a recipe must be; a breach names the field and the limit. */
final class Check {
  private Check() {}

  static <T> T given(String field, @Nullable T value) {
    if (value == null) {
      throw OwlException.badInput(field, "is missing");
    }
    return value;
  }

  /** What is left out takes its usual value; a zero that is written stays one. */
  static int or(@Nullable Integer value, int usual) {
    return value == null ? usual : value;
  }

  /** As above. */
  static long or(@Nullable Long value, long usual) {
    return value == null ? usual : value;
  }

  /** As above. */
  static double or(@Nullable Double value, double usual) {
    return value == null ? usual : value;
  }

  static void range(String field, double value, double low, double high) {
    // Written so that NaN fails.
    if (!(value >= low && value <= high)) {
      throw OwlException.badInput(
          field, "%s, allowed are %s to %s".formatted(plain(value), plain(low), plain(high)));
    }
  }

  private static String plain(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  static void that(boolean holds, String field, String message) {
    if (!holds) {
      throw OwlException.badInput(field, message);
    }
  }
}
