// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Text as BLOOM's tokeniser reads it: cut into words with the space before them and into what lies
 * between, each then spelled byte by byte in characters that stand for bytes.
 */
final class ByteLevel {
  static final int BYTES = 256;

  /** The expression of BLOOM's tokenizer.json, in the language of Oniguruma. */
  static final String EXPRESSION = " ?[^(\\s|[.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c])]+";

  /**
   * The same here. In Oniguruma the inner brackets nest, so that characters of a word are none of
   * white space, {@code ( | )} and the marks; white space is Unicode's.
   */
  private static final Pattern WORD =
      Pattern.compile(" ?[^\\p{IsWhite_Space}(|).,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c]++");

  private static final char[] CHARACTERS = characters();
  private static final int[] VALUES = values();

  private ByteLevel() {}

  /** Bytes that are printable stand for themselves, the others in order for those from 256 on. */
  private static char[] characters() {
    char[] characters = new char[BYTES];
    int others = BYTES;
    for (int b = 0; b < BYTES; b++) {
      boolean itself = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
      characters[b] = (char) (itself ? b : others++);
    }
    return characters;
  }

  private static int[] values() {
    int[] values = new int[CHARACTERS[173] + 1];
    for (int b = 0; b < BYTES; b++) {
      values[CHARACTERS[b]] = b;
    }
    return values;
  }

  /** The character that stands for a byte. */
  static char character(int value) {
    return CHARACTERS[value];
  }

  /** The pieces of a text, spelled; unpaired surrogates become replacement characters. */
  static List<String> pieces(String given) {
    String text = Normaliser.wellFormed(given);
    List<String> pieces = new ArrayList<>();
    int done = 0;
    for (Matcher word = WORD.matcher(text); word.find(); done = word.end()) {
      add(pieces, text, done, word.start());
      add(pieces, text, word.start(), word.end());
    }
    add(pieces, text, done, text.length());
    return pieces;
  }

  private static void add(List<String> pieces, String text, int start, int end) {
    if (end > start) {
      byte[] bytes = text.substring(start, end).getBytes(StandardCharsets.UTF_8);
      StringBuilder spelled = new StringBuilder(bytes.length);
      for (byte b : bytes) {
        spelled.append(CHARACTERS[b & 0xff]);
      }
      pieces.add(spelled.toString());
    }
  }

  /** The bytes that a piece spells; those of its text where it is none. */
  static byte[] bytes(String piece) {
    byte[] bytes = new byte[piece.length()];
    for (int i = 0; i < bytes.length; i++) {
      char c = piece.charAt(i);
      if (c >= VALUES.length || CHARACTERS[VALUES[c]] != c) {
        return piece.getBytes(StandardCharsets.UTF_8);
      }
      bytes[i] = (byte) VALUES[c];
    }
    return bytes;
  }
}
