// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

/**
 * Makes spaces visible before text is cut: SentencePiece spells a space {@code ▁} and puts one
 * before every text, so that a word is the same piece at the start as further on.
 *
 * @param collapse whether outer spaces are dropped and inner runs become one
 */
record Normaliser(Prefix prefix, boolean collapse) {
  static final char SPACE = '\u2581';

  /** When a space is put before the text. An empty text never gets one. */
  enum Prefix {
    NEVER,
    ALWAYS,
    /** Only if the text does not begin with a space. */
    UNLESS_THERE,
    /** As before, but only at the start of the whole text, not behind an added token. */
    FIRST_UNLESS_THERE
  }

  /**
   * The text with its spaces visible. Unpaired surrogates, which have no UTF-8, become replacement
   * characters.
   *
   * @param first whether nothing comes before it
   */
  String apply(String text, boolean first) {
    String spaced = collapse ? collapsed(text) : text;
    if (spaced.isEmpty()) {
      return "";
    }
    StringBuilder out = new StringBuilder(spaced.length() + 1);
    if (wantsPrefix(spaced.charAt(0), first)) {
      out.append(SPACE);
    }
    spaced
        .codePoints()
        .forEach(c -> out.appendCodePoint(c == ' ' ? SPACE : isSurrogate(c) ? 0xFFFD : c));
    return out.toString();
  }

  private boolean wantsPrefix(char start, boolean first) {
    return switch (prefix) {
      case NEVER -> false;
      case ALWAYS -> true;
      case UNLESS_THERE -> start != ' ' && start != SPACE;
      case FIRST_UNLESS_THERE -> first && start != ' ' && start != SPACE;
    };
  }

  private static String collapsed(String text) {
    StringBuilder out = new StringBuilder(text.length());
    boolean space = true;
    for (int i = 0; i < text.length(); i++) {
      boolean here = text.charAt(i) == ' ';
      if (!(here && space)) {
        out.append(here ? ' ' : text.charAt(i));
      }
      space = here;
    }
    // At the end, and only there, a spelled ▁ goes too.
    int end = out.length();
    while (end > 0 && (out.charAt(end - 1) == ' ' || out.charAt(end - 1) == SPACE)) {
      end--;
    }
    out.setLength(end);
    return out.toString();
  }

  /** The text with replacement characters for unpaired surrogates, which have no UTF-8. */
  static String wellFormed(String text) {
    if (text.codePoints().noneMatch(Normaliser::isSurrogate)) {
      return text;
    }
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints().forEach(c -> out.appendCodePoint(isSurrogate(c) ? 0xFFFD : c));
    return out.toString();
  }

  private static boolean isSurrogate(int codePoint) {
    return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
  }
}
