// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided.schema;

import io.owlmesh.llm.guided.automaton.BoundedAutomata;
import io.owlmesh.llm.guided.automaton.RegexParser;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.util.automaton.Automaton;

/**
 * Numbers between bounds, or multiples of others. Those that are bounded have no exponent, and no
 * more digits than other numbers.
 */
final class NumberKeywords {
  private static final BigDecimal LIMIT = BigDecimal.valueOf(IntegerRange.MAX);
  private static final int PLACES = 17;
  // Beyond, rounding to so many places would take long; they differ from 0 by less than one.
  private static final int MAX_SCALE = 1000;

  private static final Automaton WITHOUT_EXPONENT =
      RegexParser.whole("-?(0|[1-9][0-9]{0,16})(\\.[0-9]{1,17})?");

  private NumberKeywords() {}

  /** The whole numbers that schemas allow together. */
  static Automaton integer(List<Subschema> schemas) {
    long min = IntegerRange.MIN;
    long max = IntegerRange.MAX;
    for (Subschema schema : schemas) {
      min = Math.max(min, bound(schema, "minimum", RoundingMode.CEILING, 0, min));
      max = Math.min(max, bound(schema, "maximum", RoundingMode.FLOOR, 0, max));
      // The next integer beyond a bound that is itself excluded.
      min = Math.max(min, bound(schema, "exclusiveMinimum", RoundingMode.FLOOR, 1, min));
      max = Math.min(max, bound(schema, "exclusiveMaximum", RoundingMode.CEILING, -1, max));
    }
    return multiples(RegexParser.whole(new IntegerRange(min, max).regex()), schemas, true);
  }

  private static long bound(
      Subschema schema, String keyword, RoundingMode rounding, int next, long absent) {
    return schema
        .number(keyword)
        .map(value -> clamped(value).setScale(0, rounding).longValueExact() + next)
        .orElse(absent);
  }

  /** Beyond the numbers that are generated, all bounds are alike: one past them. */
  private static BigDecimal clamped(BigDecimal value) {
    if (value.abs().compareTo(LIMIT) > 0) {
      BigDecimal past = LIMIT.add(BigDecimal.ONE);
      return value.signum() < 0 ? past.negate() : past;
    }
    boolean tiny = value.scale() > MAX_SCALE && value.precision() - value.scale() < -PLACES;
    if (tiny) {
      return BigDecimal.valueOf(value.signum(), MAX_SCALE);
    }
    return value;
  }

  /** The numbers that schemas allow together. */
  static Automaton number(List<Subschema> schemas) {
    List<Automaton> bounds = new ArrayList<>();
    for (Subschema schema : schemas) {
      schema.number("minimum").map(min -> least(min, false)).ifPresent(bounds::add);
      schema.number("exclusiveMinimum").map(min -> least(min, true)).ifPresent(bounds::add);
      schema.number("maximum").map(max -> most(max, false)).ifPresent(bounds::add);
      schema.number("exclusiveMaximum").map(max -> most(max, true)).ifPresent(bounds::add);
    }
    boolean plain = bounds.isEmpty() && schemas.stream().noneMatch(one -> one.has("multipleOf"));
    Automaton numbers = plain ? JsonText.NUMBER : WITHOUT_EXPONENT;
    for (Automaton bound : bounds) {
      numbers = BoundedAutomata.deterministic(BoundedAutomata.intersection(numbers, bound));
    }
    return multiples(numbers, schemas, false);
  }

  private static Automaton multiples(Automaton numbers, List<Subschema> schemas, boolean whole) {
    Automaton all = numbers;
    for (Subschema schema : schemas) {
      if (schema.has("multipleOf")) {
        all = BoundedAutomata.intersection(all, Multiples.of(schema, whole));
      }
    }
    return all;
  }

  private static Automaton least(BigDecimal min, boolean strict) {
    BigDecimal bound = clamped(min);
    BigDecimal near = bound.setScale(PLACES, strict ? RoundingMode.FLOOR : RoundingMode.CEILING);
    boolean negative = near.signum() < 0 || (near.signum() == 0 && !strict);
    String regex =
        negative
            ? "-(?:" + DecimalRange.atMost(near.negate(), strict) + ")|" + DecimalRange.ANY
            : DecimalRange.atLeast(near, strict);
    return RegexParser.whole(regex);
  }

  private static Automaton most(BigDecimal max, boolean strict) {
    BigDecimal bound = clamped(max);
    BigDecimal near = bound.setScale(PLACES, strict ? RoundingMode.CEILING : RoundingMode.FLOOR);
    boolean positive = near.signum() > 0 || (near.signum() == 0 && !strict);
    String regex =
        positive
            ? DecimalRange.atMost(near, strict) + "|-" + DecimalRange.ANY
            : "-(?:" + DecimalRange.atLeast(near.negate(), strict) + ")";
    return RegexParser.whole(regex);
  }
}
