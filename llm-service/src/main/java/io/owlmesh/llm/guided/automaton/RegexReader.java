// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided.automaton;

import java.util.regex.PatternSyntaxException;

/** An expression, and how far it is read. */
class RegexReader {
  final String text;
  int at;

  RegexReader(String text) {
    this.text = text;
  }

  /** A number of repetitions. */
  int number() {
    int begin = at;
    while (at < text.length() && CharacterClass.DIGITS.get(text.charAt(at))) {
      at++;
    }
    if (at == begin || at - begin > 6) {
      throw error("expected a number of at most six digits");
    }
    return Integer.parseInt(text, begin, at, 10);
  }

  /** A character by its code unit, or by the two of a surrogate pair. */
  int utf16() {
    char high = (char) hex(4);
    if (!Character.isSurrogate(high)) {
      return high;
    }
    boolean paired = Character.isHighSurrogate(high) && take('\\') && take('u');
    char low = paired ? (char) hex(4) : 0;
    if (!Character.isLowSurrogate(low)) {
      throw error("half a surrogate pair");
    }
    return Character.toCodePoint(high, low);
  }

  int hex(int digits) {
    int value = 0;
    for (int i = 0; i < digits; i++) {
      int digit = at < text.length() ? Character.digit(text.charAt(at), 16) : -1;
      if (digit < 0) {
        throw error("expected " + digits + " hexadecimal digits");
      }
      value = 16 * value + digit;
      at++;
    }
    return value;
  }

  int next() {
    if (at >= text.length()) {
      throw error("ends too early");
    }
    int c = text.codePointAt(at);
    at += Character.charCount(c);
    return c;
  }

  boolean peek(String next) {
    return text.startsWith(next, at);
  }

  boolean peek(char c) {
    return at < text.length() && text.charAt(at) == c;
  }

  boolean take(char c) {
    boolean there = peek(c);
    at += there ? 1 : 0;
    return there;
  }

  PatternSyntaxException error(String what) {
    return new PatternSyntaxException(what, text, at);
  }
}
