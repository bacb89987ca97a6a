// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text.jinja;

/**
 * A piece of a tag.
 *
 * @param text of a name, number or sign; the value of a string
 */
record Token(Kind kind, String text) {
  /** What a token is. */
  enum Kind {
    NAME,
    NUMBER,
    STRING,
    SIGN,
    END
  }

  boolean is(String sign) {
    return kind != Kind.STRING && text.equals(sign);
  }
}
