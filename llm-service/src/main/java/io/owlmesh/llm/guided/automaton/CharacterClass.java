// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided.automaton;

import java.util.BitSet;

/**
 * Characters that expressions name by a letter: those that both {@code java.util.regex} and
 * ECMA-262 mean by it.
 */
final class CharacterClass {
  static final BitSet DIGITS = ranges("09");
  static final BitSet WORD = ranges("09AZ__az");
  static final BitSet LINE_ENDS = ranges("\n\n\r\r\u0085\u0085\u2028\u2029");

  private static final BitSet SPACE = ranges("\t\r  ");

  // Whatever one of them, or others besides, take for a space.
  private static final BitSet ANY_SPACE =
      ranges(
          "\t\r\u001c \u0085\u0085\u00a0\u00a0\u1680\u1680\u180e\u180e\u2000\u200a"
              + "\u2028\u2029\u202f\u202f\u205f\u205f\u3000\u3000\ufeff\ufeff");

  private CharacterClass() {}

  /**
   * The characters of a letter.
   *
   * @param letter one of d, D, w, W, s, S
   * @param negated whether they are to be excluded: so is then what only one of the two means
   */
  static BitSet of(char letter, boolean negated) {
    return switch (letter) {
      case 'd' -> DIGITS;
      case 'D' -> Utf8.except(DIGITS);
      case 'w' -> WORD;
      case 'W' -> Utf8.except(WORD);
      case 's' -> negated ? ANY_SPACE : SPACE;
      case 'S' -> Utf8.except(negated ? SPACE : ANY_SPACE);
      default -> throw new IllegalArgumentException(letter + " stands for no characters");
    };
  }

  static BitSet only(int character) {
    BitSet set = new BitSet();
    set.set(character);
    return set;
  }

  /** Characters from the first to the second, from the third to the fourth, and so on. */
  private static BitSet ranges(String ends) {
    BitSet set = new BitSet();
    for (int i = 0; i < ends.length(); i += 2) {
      set.set(ends.charAt(i), ends.charAt(i + 1) + 1);
    }
    return set;
  }
}
