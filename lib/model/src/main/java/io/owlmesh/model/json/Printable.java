// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.json;

/** Text out of files, for terminals and logs. */
public final class Printable {
  private static final int MOST_CHARS = 500;

  private Printable() {}

  /**
   * The text with everything escaped that moves a cursor, begins a line, changes the direction of
   * writing or is no character, and cut after 500 chars. Names in a checkpoint are anybody's.
   */
  public static String of(String text) {
    StringBuilder out = new StringBuilder(Math.min(text.length(), MOST_CHARS) + 1);
    int at = 0;
    while (at < text.length() && out.length() < MOST_CHARS) {
      int c = text.codePointAt(at);
      if (isPlain(c)) {
        out.appendCodePoint(c);
      } else {
        out.append(String.format(c < 0x10000 ? "\\u%04x" : "\\U%08x", c));
      }
      at += Character.charCount(c);
    }
    return at < text.length() ? out.append('…').toString() : out.toString();
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
