// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.core;

/**
 * Text of anybody for terminals and logs: everything is escaped that moves a cursor, begins a line,
 * changes the direction of writing or is no character.
 */
public final class Printable {
  private static final int MOST_CHARS = 500;

  private Printable() {}

  /** The text escaped, and cut after 500 chars. Names in a checkpoint are anybody's. */
  public static String of(String text) {
    StringBuilder out = new StringBuilder(Math.min(text.length(), MOST_CHARS) + 1);
    int at = escape(text, MOST_CHARS, out);
    return at < text.length() ? out.append('…').toString() : out.toString();
  }

  /** The whole text escaped. */
  public static String whole(String text) {
    if (text.codePoints().allMatch(Printable::isPlain)) {
      return text;
    }
    StringBuilder out = new StringBuilder();
    escape(text, Integer.MAX_VALUE, out);
    return out.toString();
  }

  /** How much of the text it took to come to so many chars. */
  private static int escape(String text, int most, StringBuilder out) {
    int at = 0;
    while (at < text.length() && out.length() < most) {
      int c = text.codePointAt(at);
      if (isPlain(c)) {
        out.appendCodePoint(c);
      } else {
        out.append(String.format(c < 0x10000 ? "\\u%04x" : "\\U%08x", c));
      }
      at += Character.charCount(c);
    }
    return at;
  }

  private static boolean isPlain(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED ->
          false;
      default -> true;
    };
  }
}
