// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text.jinja;

import io.owlmesh.core.OwlException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Reads the expressions of one tag, from the loosest operator to the tightest. */
final class ExpressionParser {
  private static final int MAX_DEPTH = 60;
  private static final List<String> COMPARISONS = List.of("==", "!=", "<", ">", "<=", ">=");

  private final List<Token> tokens;
  private int at;
  private int depth;

  ExpressionParser(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token peek() {
    return tokens.get(at);
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

  /** {@code a if condition else b}. */
  Expression expression() {
    depth++;
    if (depth > MAX_DEPTH) {
      throw OwlException.badCheckpoint(JinjaTemplate.WHERE, "expressions nest too deep");
    }
    Expression value = either();
    if (accept("if")) {
      Expression condition = either();
      Expression other = accept("else") ? expression() : _ -> Values.UNDEFINED;
      Expression yes = value;
      value = scope -> (Values.truth(condition.value(scope)) ? yes : other).value(scope);
    }
    depth--;
    return value;
  }

  private Expression either() {
    Expression left = both();
    while (accept("or")) {
      Expression first = left;
      Expression second = both();
      left =
          scope -> {
            Object value = first.value(scope);
            return Values.truth(value) ? value : second.value(scope);
          };
    }
    return left;
  }

  private Expression both() {
    Expression left = negated();
    while (accept("and")) {
      Expression first = left;
      Expression second = negated();
      left =
          scope -> {
            Object value = first.value(scope);
            return Values.truth(value) ? second.value(scope) : value;
          };
    }
    return left;
  }

  private Expression negated() {
    if (accept("not")) {
      Expression value = negated();
      return scope -> !Values.truth(value.value(scope));
    }
    return compared();
  }

  private Expression compared() {
    Expression left = sum();
    while (true) {
      Expression first = left;
      String sign = peek().text();
      if (peek().kind() == Token.Kind.SIGN && COMPARISONS.contains(sign)) {
        next();
        Expression second = sum();
        left = scope -> compare(sign, first.value(scope), second.value(scope));
      } else if (accept("in")) {
        Expression second = sum();
        left = scope -> Values.contains(second.value(scope), first.value(scope));
      } else if (peek().is("not") && tokens.get(at + 1).is("in")) {
        at += 2;
        Expression second = sum();
        left = scope -> !Values.contains(second.value(scope), first.value(scope));
      } else if (accept("is")) {
        boolean negative = accept("not");
        String test = name();
        left = scope -> Values.test(first.value(scope), test) != negative;
      } else {
        return left;
      }
    }
  }

  private static boolean compare(String sign, @Nullable Object left, @Nullable Object right) {
    return switch (sign) {
      case "==" -> Objects.equals(left, right);
      case "!=" -> !Objects.equals(left, right);
      case "<" -> Values.number(left) < Values.number(right);
      case ">" -> Values.number(left) > Values.number(right);
      case "<=" -> Values.number(left) <= Values.number(right);
      default -> Values.number(left) >= Values.number(right);
    };
  }

  private Expression sum() {
    Expression left = postfix();
    while (true) {
      Expression first = left;
      if (accept("+")) {
        Expression second = postfix();
        left = scope -> Values.sum(first.value(scope), second.value(scope));
      } else if (accept("-")) {
        Expression second = postfix();
        left = scope -> Values.number(first.value(scope)) - Values.number(second.value(scope));
      } else if (accept("%")) {
        Expression second = postfix();
        left =
            scope ->
                Math.floorMod(
                    Values.number(first.value(scope)),
                    Math.max(1, Values.number(second.value(scope))));
      } else if (accept("~")) {
        Expression second = postfix();
        left =
            scope ->
                Values.joined(Values.text(first.value(scope)), Values.text(second.value(scope)));
      } else {
        return left;
      }
    }
  }

  private Expression postfix() {
    Expression value = primary();
    while (true) {
      Expression inner = value;
      if (accept(".")) {
        String name = name();
        if (peek().is("(")) {
          List<Expression> arguments = arguments();
          value = scope -> Values.method(inner.value(scope), name, values(arguments, scope));
        } else {
          value = scope -> Values.member(inner.value(scope), name);
        }
      } else if (accept("[")) {
        value = index(inner);
      } else if (accept("|")) {
        String name = name();
        List<Expression> arguments = peek().is("(") ? arguments() : List.of();
        value = scope -> Values.filter(inner.value(scope), name, values(arguments, scope));
      } else {
        return value;
      }
    }
  }

  /** {@code [key]}, or {@code [from:]}, which leaves out the beginning of a list. */
  private Expression index(Expression inner) {
    Expression key = expression();
    if (accept(":")) {
      expect("]");
      return scope -> {
        List<Object> all = Values.list(inner.value(scope));
        long from = Math.clamp(Values.number(key.value(scope)), 0, all.size());
        return List.copyOf(all.subList((int) from, all.size()));
      };
    }
    expect("]");
    return scope -> Values.member(inner.value(scope), key.value(scope));
  }

  private List<Expression> arguments() {
    expect("(");
    List<Expression> arguments = new ArrayList<>();
    while (!accept(")")) {
      if (peek().kind() == Token.Kind.NAME && tokens.get(at + 1).is("=")) {
        throw Values.refused("the argument " + peek().text());
      }
      arguments.add(expression());
      if (!peek().is(")")) {
        expect(",");
      }
    }
    return arguments;
  }

  private static List<@Nullable Object> values(List<Expression> arguments, Scope scope) {
    scope.step();
    List<@Nullable Object> values = new ArrayList<>();
    arguments.forEach(argument -> values.add(argument.value(scope)));
    return values;
  }

  private Expression primary() {
    Token token = next();
    return switch (token.kind()) {
      case STRING -> _ -> token.text();
      case NUMBER -> {
        long number = token.text().length() > 9 ? 0 : Long.parseLong(token.text());
        yield _ -> number;
      }
      case NAME -> named(token.text());
      case SIGN -> signed(token);
      case END -> throw OwlException.badCheckpoint(JinjaTemplate.WHERE, "a tag ends too early");
    };
  }

  private Expression named(String name) {
    if (peek().is("(")) {
      List<Expression> arguments = arguments();
      if (!name.equals("raise_exception")) {
        throw Values.refused("the function " + name);
      }
      return scope -> {
        throw OwlException.badInput(
            "turns", "the chat template: " + Values.text(values(arguments, scope).getFirst()));
      };
    }
    return switch (name) {
      case "true", "True" -> _ -> true;
      case "false", "False" -> _ -> false;
      case "none", "None" -> _ -> null;
      default -> scope -> scope.get(name);
    };
  }

  private Expression signed(Token token) {
    return switch (token.text()) {
      case "(" -> {
        Expression inner = expression();
        expect(")");
        yield inner;
      }
      case "-" -> {
        Expression inner = postfix();
        yield scope -> -Values.number(inner.value(scope));
      }
      case "[" -> list();
      case "{" -> {
        expect("}");
        yield _ -> Map.of();
      }
      default -> throw Values.refused("'" + token.text() + "' at this place");
    };
  }

  private Expression list() {
    List<Expression> items = new ArrayList<>();
    while (!accept("]")) {
      items.add(expression());
      if (!peek().is("]")) {
        expect(",");
      }
    }
    return scope -> values(items, scope);
  }
}
