// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.http;

import io.owlmesh.model.OwlException;

/** What JSON can spell and nobody can say: no UTF-8 or no database holds it. */
public final class Texts {
  private Texts() {}

  /**
   * Checks a text of a request.
   *
   * @param field that holds it
   * @throws OwlException BAD_INPUT if it holds a NUL or half a surrogate pair
   */
  public static void check(String field, String text) {
    boolean half =
        text.codePoints()
            .anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
    if (half) {
      throw OwlException.badInput(field, "holds half a surrogate pair");
    }
    if (text.indexOf('\0') >= 0) {
      throw OwlException.badInput(field, "holds a NUL character");
    }
  }
}
