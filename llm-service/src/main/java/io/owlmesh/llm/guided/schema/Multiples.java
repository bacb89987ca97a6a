// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided.schema;

import io.owlmesh.llm.guided.automaton.BoundedAutomata;
import java.math.BigDecimal;
import org.apache.lucene.util.automaton.Automaton;

/**
 * Multiples of a number without exponent: an automaton that carries the remainder of the digits
 * read, as in long division. Behind the point there are as many places as the number has.
 */
final class Multiples {
  private static final int MAX_FACTOR = 1000;
  private static final int MAX_PLACES = 17;

  private final int factor;
  private final int places;
  private final Automaton.Builder result = new Automaton.Builder();

  /** All multiples of factor / 10^places. */
  private Multiples(int factor, int places) {
    this.factor = factor;
    this.places = places;
  }

  /**
   * Multiples of what a schema says.
   *
   * @param whole whether none has a point
   * @throws io.owlmesh.core.OwlException BAD_INPUT if that is not above 0, or has too many digits
   */
  static Automaton of(Subschema schema, boolean whole) {
    BigDecimal of = schema.number("multipleOf").orElseThrow();
    if (of.signum() <= 0) {
      throw schema.refused("multipleOf", of + " is not above 0");
    }
    // Compared first: writing out what has a large exponent would take long.
    boolean supported =
        of.compareTo(BigDecimal.valueOf(MAX_FACTOR)) <= 0
            && of.stripTrailingZeros().scale() <= MAX_PLACES;
    BigDecimal digits = supported ? of.stripTrailingZeros() : BigDecimal.ZERO;
    int places = Math.max(digits.scale(), 0);
    BigDecimal factor = digits.movePointRight(places);
    if (!supported || factor.compareTo(BigDecimal.valueOf(MAX_FACTOR)) > 0) {
      throw schema.refused(
          "multipleOf", "has digits of more than " + MAX_FACTOR + " or " + MAX_PLACES + " places");
    }
    return new Multiples(factor.intValueExact(), places).automaton(whole);
  }

  private Automaton automaton(boolean whole) {
    int start = result.createState();
    int minus = result.createState();
    result.addTransition(start, minus, '-');
    // Remainders of the whole part; "0" alone stands before the point, too.
    int[] wholes = states();
    int zero = result.createState();
    accept(wholes, places);
    result.setAccept(zero, true);
    for (int from : new int[] {start, minus}) {
      result.addTransition(from, zero, '0');
      for (int d = 1; d <= 9; d++) {
        result.addTransition(from, wholes[d % factor], '0' + d);
      }
    }
    digits(wholes, wholes);
    if (!whole && places > 0) {
      fraction(wholes, zero);
    }
    return result.finish();
  }

  private void fraction(int[] wholes, int zero) {
    int[] before = states();
    for (int r = 0; r < factor; r++) {
      result.addTransition(wholes[r], before[r], '.');
    }
    result.addTransition(zero, before[0], '.');
    for (int place = 1; place <= places; place++) {
      int[] after = states();
      digits(before, after);
      accept(after, places - place);
      before = after;
    }
  }

  private int[] states() {
    BoundedAutomata.check(11L * factor * (places + 1));
    int[] states = new int[factor];
    for (int r = 0; r < factor; r++) {
      states[r] = result.createState();
    }
    return states;
  }

  private void digits(int[] from, int[] to) {
    for (int r = 0; r < factor; r++) {
      for (int d = 0; d <= 9; d++) {
        result.addTransition(from[r], to[(10 * r + d) % factor], '0' + d);
      }
    }
  }

  /** Ends where the places that are missing, zeros all of them, leave no remainder. */
  private void accept(int[] states, int missing) {
    for (int r = 0; r < factor; r++) {
      int remainder = r;
      for (int i = 0; i < missing; i++) {
        remainder = 10 * remainder % factor;
      }
      result.setAccept(states[r], remainder == 0);
    }
  }
}
