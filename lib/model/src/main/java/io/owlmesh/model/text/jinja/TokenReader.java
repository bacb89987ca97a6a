// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text.jinja;

import io.owlmesh.core.OwlException;
import java.util.List;

/** The tokens of one tag, from the first to the last. */
final class TokenReader {
  private final List<Token> tokens;
  private int at;

  TokenReader(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token peek() {
    return tokens.get(at);
  }

  /** The one after the next. */
  Token second() {
    return tokens.get(Math.min(at + 1, tokens.size() - 1));
  }

  Token next() {
    Token token = tokens.get(at);
    at = Math.min(at + 1, tokens.size() - 1);
    return token;
  }

  boolean accept(String sign) {
    if (peek().is(sign)) {
      next();
      return true;
    }
    return false;
  }

  void expect(String sign) {
    if (!accept(sign)) {
      throw OwlException.badCheckpoint(
          JinjaTemplate.WHERE, "'%s' instead of '%s'".formatted(peek().text(), sign));
    }
  }

  String name() {
    if (peek().kind() != Token.Kind.NAME) {
      throw OwlException.badCheckpoint(
          JinjaTemplate.WHERE, "'" + peek().text() + "' instead of a name");
    }
    return next().text();
  }

  void end() {
    if (peek().kind() != Token.Kind.END) {
      throw Values.refused("'" + peek().text() + "' at this place");
    }
  }
}
