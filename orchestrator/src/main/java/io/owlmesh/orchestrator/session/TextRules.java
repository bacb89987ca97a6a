// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import io.owlmesh.core.OwlException;
import java.nio.charset.StandardCharsets;

/** Texts from outside: how long they may be, and that UTF-8 and every database can hold them. */
public final class TextRules {
  private TextRules() {}

  /**
   * Checks a text.
   *
   * @param least of characters, which are code points
   * @throws OwlException BAD_INPUT naming the field
   */
  static void require(String field, String text, int least, int most) {
    int length = text.codePointCount(0, text.length());
    if (length < least || length > most) {
      throw OwlException.badInput(
          field, "%d characters, allowed are %d to %d".formatted(length, least, most));
    }
    requireWhole(field, text);
  }

  /** A text that comes from a stage, as every database keeps it: PostgreSQL keeps no NUL. */
  static String keepable(String text) {
    return text.replace('\0', '\uFFFD');
  }

  /**
   * Checks that a text of any length can be kept.
   *
   * @throws OwlException BAD_INPUT naming the field
   */
  public static void requireWhole(String field, String text) {
    if (text.indexOf('\0') >= 0) {
      throw OwlException.badInput(field, "has a NUL character");
    }
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
      throw OwlException.badInput(field, "has half of a surrogate pair");
    }
  }
}
