// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided.schema;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

/** Numbers without sign and exponent on one side of a bound, as regular expressions. */
final class DecimalRange {
  private static final String FRACTION = "(?:\\.[0-9]+)?";
  private static final String NOTHING = "[^\\d\\D]";

  /** Any of them. */
  static final String ANY = "(?:(?:0|[1-9][0-9]*)" + FRACTION + ")";

  private DecimalRange() {}

  /**
   * Numbers from a bound on.
   *
   * @param bound at least 0, below 10^18 + 1
   * @param strict whether the bound is excluded
   */
  static String atLeast(BigDecimal bound, boolean strict) {
    long whole = bound.longValue();
    String digits = digits(bound);
    List<String> fractions = new ArrayList<>();
    for (int i = 0; i < digits.length(); i++) {
      if (digits.charAt(i) < '9') {
        String above = "[" + (char) (digits.charAt(i) + 1) + "-9]";
        fractions.add(digits.substring(0, i) + above + "[0-9]*");
      }
    }
    fractions.add(digits + (strict ? "[0-9]*[1-9][0-9]*" : digits.isEmpty() ? "[0-9]+" : "[0-9]*"));
    String same = whole + "\\.(?:" + String.join("|", fractions) + ")";
    boolean itself = digits.isEmpty() && !strict;
    return (whole < IntegerRange.MAX ? integers(whole + 1, IntegerRange.MAX) + FRACTION + "|" : "")
        + same
        + (itself ? "|" + whole : "");
  }

  /**
   * Numbers up to a bound.
   *
   * @param bound at least 0, below 10^18 + 1
   * @param strict whether the bound is excluded
   */
  static String atMost(BigDecimal bound, boolean strict) {
    long whole = bound.longValue();
    String digits = digits(bound);
    List<String> all = new ArrayList<>();
    if (whole > 0) {
      all.add(integers(0, Math.min(whole - 1, IntegerRange.MAX)) + FRACTION);
    }
    for (int i = 0; i < digits.length(); i++) {
      String begin = digits.substring(0, i);
      all.add(whole + (i == 0 ? "" : "\\." + begin));
      if (digits.charAt(i) > '0') {
        all.add(whole + "\\." + begin + "[0-" + (char) (digits.charAt(i) - 1) + "][0-9]*");
      }
    }
    if (!strict) {
      all.add(digits.isEmpty() ? whole + "(?:\\.0+)?" : whole + "\\." + digits + "0*");
    }
    return all.isEmpty() ? NOTHING : String.join("|", all);
  }

  private static String integers(long from, long to) {
    return "(?:" + new IntegerRange(from, to).regex() + ")";
  }

  /** Behind the point, without zeros at the end. */
  private static String digits(BigDecimal bound) {
    BigDecimal fraction = bound.remainder(BigDecimal.ONE).stripTrailingZeros();
    if (fraction.signum() == 0) {
      return "";
    }
    return fraction.toPlainString().substring(2);
  }
}
