// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text.jinja;

import io.owlmesh.core.OwlException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A stretch of a template: text, an expression to print, or a statement.
 *
 * @param body the text, or what stands between the brackets
 */
record TemplateSegment(Kind kind, String body) {
  private static final Set<String> PAIRS = Set.of("==", "!=", "<=", ">=");

  /** What a stretch is. */
  enum Kind {
    TEXT,
    PRINT,
    STATEMENT
  }

  /**
   * Cuts a template. A line end behind a statement goes, and with {@code -} all space, as
   * transformers has it ({@code trim_blocks}, {@code lstrip_blocks}).
   *
   * @throws OwlException BAD_CHECKPOINT if a bracket does not close
   */
  static List<TemplateSegment> cut(String template) {
    List<TemplateSegment> segments = new ArrayList<>();
    int at = 0;
    boolean strip = false;
    boolean afterBlock = false;
    while (at < template.length()) {
      int open = next(template, at);
      String text = template.substring(at, open < 0 ? template.length() : open);
      if (strip) {
        text = text.stripLeading();
      } else if (afterBlock && text.startsWith("\n")) {
        text = text.substring(1);
      }
      if (open < 0) {
        add(segments, text);
        return segments;
      }
      char type = template.charAt(open + 1);
      int close = template.indexOf(type == '{' ? "}}" : type + "}", open + 2);
      if (close < 0) {
        throw OwlException.badCheckpoint(JinjaTemplate.WHERE, "a {" + type + " is never closed");
      }
      boolean before = template.charAt(open + 2) == '-';
      boolean after = template.charAt(close - 1) == '-' && close - 1 > open + 2;
      add(
          segments,
          before ? text.stripTrailing() : type == '{' ? text : withoutIndent(text, segments));
      String body = template.substring(open + (before ? 3 : 2), after ? close - 1 : close);
      if (type != '#') {
        segments.add(new TemplateSegment(type == '{' ? Kind.PRINT : Kind.STATEMENT, body));
      }
      strip = after;
      afterBlock = type != '{';
      at = close + 2;
    }
    return segments;
  }

  private static int next(String template, int from) {
    for (int at = template.indexOf('{', from); at >= 0; at = template.indexOf('{', at + 1)) {
      if (at + 2 < template.length() && "{%#".indexOf(template.charAt(at + 1)) >= 0) {
        return at;
      }
    }
    return -1;
  }

  /** Spaces alone on a line before a statement. */
  private static String withoutIndent(String text, List<TemplateSegment> before) {
    int line = text.lastIndexOf('\n');
    boolean starts = line >= 0 || before.isEmpty();
    return starts && text.substring(line + 1).isBlank() ? text.substring(0, line + 1) : text;
  }

  private static void add(List<TemplateSegment> segments, String text) {
    if (!text.isEmpty()) {
      segments.add(new TemplateSegment(Kind.TEXT, text));
    }
  }

  /**
   * The tokens of a tag, ended by one of kind {@link Token.Kind#END}.
   *
   * @throws OwlException BAD_CHECKPOINT at characters that are none of the language
   */
  List<Token> tokens() {
    List<Token> tokens = new ArrayList<>();
    int at = 0;
    while (at < body.length()) {
      char c = body.charAt(at);
      int end = at + 1;
      if (Character.isWhitespace(c)) {
        at = end;
        continue;
      }
      if (Character.isLetter(c) || c == '_') {
        while (end < body.length()
            && (Character.isLetterOrDigit(body.charAt(end)) || body.charAt(end) == '_')) {
          end++;
        }
        tokens.add(new Token(Token.Kind.NAME, body.substring(at, end)));
      } else if (Character.isDigit(c)) {
        while (end < body.length() && Character.isDigit(body.charAt(end))) {
          end++;
        }
        tokens.add(new Token(Token.Kind.NUMBER, body.substring(at, end)));
      } else if (c == '\'' || c == '"') {
        end = string(tokens, at);
      } else {
        boolean two = end < body.length() && PAIRS.contains(body.substring(at, end + 1));
        end += two ? 1 : 0;
        String sign = body.substring(at, end);
        if (!two && "()[]{}.,|:=+-~%<>".indexOf(c) < 0) {
          throw OwlException.badCheckpoint(JinjaTemplate.WHERE, "'" + sign + "' is not understood");
        }
        tokens.add(new Token(Token.Kind.SIGN, sign));
      }
      at = end;
    }
    tokens.add(new Token(Token.Kind.END, ""));
    return tokens;
  }

  private static char escaped(char c) {
    return switch (c) {
      case 'n' -> '\n';
      case 't' -> '\t';
      case 'r' -> '\r';
      case '\\', '\'', '"' -> c;
      default -> throw Values.refused("the escape \\" + c);
    };
  }

  private int string(List<Token> tokens, int start) {
    StringBuilder value = new StringBuilder();
    for (int at = start + 1; at < body.length(); at++) {
      char c = body.charAt(at);
      if (c == body.charAt(start)) {
        tokens.add(new Token(Token.Kind.STRING, value.toString()));
        return at + 1;
      }
      if (c == '\\' && at + 1 < body.length()) {
        at++;
        c = escaped(body.charAt(at));
      }
      value.append(c);
    }
    throw OwlException.badCheckpoint(JinjaTemplate.WHERE, "a string is never closed");
  }
}
