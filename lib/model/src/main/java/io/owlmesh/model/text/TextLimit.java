// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

import io.owlmesh.core.OwlException;

/** The most text that one request may hold. */
final class TextLimit {
  /** UTF-8 bytes: 1 MiB. */
  static final long BYTES = 1 << 20;

  private TextLimit() {}

  /**
   * @param field request field that holds the text
   * @throws OwlException BAD_INPUT if there is too much of it
   */
  static void check(String field, Iterable<String> texts) {
    long bytes = 0;
    for (String text : texts) {
      bytes += bytes(text);
    }
    if (bytes > BYTES) {
      throw OwlException.badInput(
          field, bytes + " bytes of UTF-8 text; at most " + BYTES + " are allowed");
    }
  }

  /** An unpaired surrogate counts as the replacement character that it will become. */
  private static long bytes(String text) {
    return text.codePoints()
        .mapToLong(c -> c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4)
        .sum();
  }
}
