// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * The numbers that a schema's keywords have.
 *
 * @param at JSON pointer of the schema, for messages
 */
record Numbers(JsonNode schema, String at) {
  private static final BigDecimal LIMIT = BigDecimal.valueOf(IntegerRange.MAX);
  private static final int MAX_SCALE = 100;

  /** A number of characters or items, or what it is where the keyword is absent. */
  int count(String keyword, int absent) {
    JsonNode count = schema.path(keyword);
    if (count.isMissingNode()) {
      return absent;
    }
    if (!count.isInt() || count.intValue() < 0) {
      throw refused(keyword, count + " is no number of characters or items");
    }
    return count.intValue();
  }

  /** The integers between minimum and maximum. */
  IntegerRange range() {
    long min = bound("minimum", RoundingMode.CEILING, IntegerRange.MIN);
    long max = bound("maximum", RoundingMode.FLOOR, IntegerRange.MAX);
    // The next integer above a bound that is itself excluded.
    if (schema.has("exclusiveMinimum")) {
      min = Math.max(min, bound("exclusiveMinimum", RoundingMode.FLOOR, 0) + 1);
    }
    if (schema.has("exclusiveMaximum")) {
      max = Math.min(max, bound("exclusiveMaximum", RoundingMode.CEILING, 0) - 1);
    }
    return new IntegerRange(min, max);
  }

  private long bound(String keyword, RoundingMode rounding, long absent) {
    JsonNode bound = schema.path(keyword);
    if (bound.isMissingNode()) {
      return absent;
    }
    if (!bound.isNumber()) {
      throw refused(keyword, bound + " is no number");
    }
    BigDecimal value = bound.decimalValue();
    // Compared first: rounding one of a million digits would take long.
    if (value.abs().compareTo(LIMIT) > 0 || value.scale() > MAX_SCALE) {
      throw refused(keyword, "has more than " + IntegerRange.DIGITS + " digits");
    }
    return value.setScale(0, rounding).longValueExact();
  }

  private RuntimeException refused(String keyword, String why) {
    return SchemaCompiler.refused(at + "/" + keyword, why);
  }
}
