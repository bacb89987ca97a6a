// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided.schema;

import java.util.ArrayList;
import java.util.List;

/**
 * Whole numbers as JSON spells them, without zeros before them.
 *
 * @param min at least {@link #MIN}
 * @param max at most {@link #MAX}
 */
record IntegerRange(long min, long max) {
  static final int DIGITS = 18;
  static final long MAX = 999_999_999_999_999_999L;
  static final long MIN = -MAX;

  /** A regular expression; one that nothing matches if the range is empty. */
  String regex() {
    List<String> branches = new ArrayList<>();
    addLengths("", Math.max(min, 0), max, branches);
    addLengths("-", Math.max(-max, 1), -min, branches);
    return branches.isEmpty() ? "[^\\d\\D]" : String.join("|", branches);
  }

  /** A branch for each number of digits that is not in the range from its first to its last. */
  private static void addLengths(String sign, long from, long to, List<String> branches) {
    long smallest = 0;
    long largest = 9;
    // Numbers of so many digits that are all in the range: one branch for all of them.
    int fewest = 0;
    int most = 0;
    for (int digits = 1; from <= to && smallest <= to; digits++) {
      if (digits > 1 && from <= smallest && largest <= to) {
        fewest = fewest == 0 ? digits : fewest;
        most = digits;
      } else if (largest >= from) {
        String low = Long.toString(Math.max(from, smallest));
        String high = Long.toString(Math.min(to, largest));
        branches.add(sign + equallyLong(low, high));
      }
      smallest = largest + 1;
      largest = 10 * largest + 9;
    }
    if (fewest > 0) {
      branches.add(sign + "[1-9][0-9]{" + (fewest - 1) + "," + (most - 1) + "}");
    }
  }

  private static String equallyLong(String low, String high) {
    int length = low.length();
    if (low.equals("0".repeat(length)) && high.equals("9".repeat(length))) {
      return length == 0 ? "" : "[0-9]{" + length + "}";
    }
    char first = low.charAt(0);
    char last = high.charAt(0);
    String lower = low.substring(1);
    String higher = high.substring(1);
    if (first == last) {
      return first + equallyLong(lower, higher);
    }
    String nines = "9".repeat(length - 1);
    String zeros = "0".repeat(length - 1);
    String between =
        last - first > 1
            ? "|[" + (char) (first + 1) + "-" + (char) (last - 1) + "]" + equallyLong(zeros, nines)
            : "";
    return "(?:"
        + first
        + equallyLong(lower, nines)
        + between
        + "|"
        + last
        + equallyLong(zeros, higher)
        + ")";
  }
}
