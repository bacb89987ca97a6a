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

  private final TokenReader in;
  private int depth;

  ExpressionParser(TokenReader in) {
    this.in = in;
  }

  /** {@code a if condition else b}. */
  Expression expression() {
    depth++;
    if (depth > MAX_DEPTH) {
      throw OwlException.badCheckpoint(JinjaTemplate.WHERE, "expressions nest too deep");
    }
    Expression value = either();
    if (in.accept("if")) {
      Expression condition = either();
      Expression other = in.accept("else") ? expression() : _ -> Values.UNDEFINED;
      Expression yes = value;
      value = scope -> (Values.truth(condition.value(scope)) ? yes : other).value(scope);
    }
    depth--;
    return value;
  }

  private Expression either() {
    Expression left = both();
    while (in.accept("or")) {
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
    while (in.accept("and")) {
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
    if (in.accept("not")) {
      Expression value = negated();
      return scope -> !Values.truth(value.value(scope));
    }
    return compared();
  }

  private Expression compared() {
    Expression left = sum();
    while (true) {
      Expression first = left;
      String sign = in.peek().text();
      if (in.peek().kind() == Token.Kind.SIGN && COMPARISONS.contains(sign)) {
        in.next();
        Expression second = sum();
        left = scope -> compare(sign, first.value(scope), second.value(scope));
      } else if (in.accept("in")) {
        Expression second = sum();
        left = scope -> Values.contains(second.value(scope), first.value(scope));
      } else if (in.peek().is("not") && in.second().is("in")) {
        in.next();
        in.next();
        Expression second = sum();
        left = scope -> !Values.contains(second.value(scope), first.value(scope));
      } else if (in.accept("is")) {
        boolean negative = in.accept("not");
        String test = in.name();
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
      if (in.accept("+")) {
        Expression second = postfix();
        left = scope -> Values.sum(first.value(scope), second.value(scope));
      } else if (in.accept("-")) {
        Expression second = postfix();
        left = scope -> Values.number(first.value(scope)) - Values.number(second.value(scope));
      } else if (in.accept("%")) {
        Expression second = postfix();
        left =
            scope ->
                Math.floorMod(
                    Values.number(first.value(scope)),
                    Math.max(1, Values.number(second.value(scope))));
      } else if (in.accept("~")) {
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
      if (in.accept(".")) {
        String name = in.name();
        if (in.peek().is("(")) {
          List<Expression> arguments = arguments();
          value = scope -> Values.method(inner.value(scope), name, values(arguments, scope));
        } else {
          value = scope -> Values.member(inner.value(scope), name);
        }
      } else if (in.accept("[")) {
        value = index(inner);
      } else if (in.accept("|")) {
        String name = in.name();
        List<Expression> arguments = in.peek().is("(") ? arguments() : List.of();
        value = scope -> Values.filter(inner.value(scope), name, values(arguments, scope));
      } else {
        return value;
      }
    }
  }

  /** {@code [key]}, or {@code [from:]}, which leaves out the beginning of a list. */
  private Expression index(Expression inner) {
    Expression key = expression();
    if (in.accept(":")) {
      in.expect("]");
      return scope -> {
        List<Object> all = Values.list(inner.value(scope));
        long from = Math.clamp(Values.number(key.value(scope)), 0, all.size());
        return List.copyOf(all.subList((int) from, all.size()));
      };
    }
    in.expect("]");
    return scope -> Values.member(inner.value(scope), key.value(scope));
  }

  private List<Expression> arguments() {
    in.expect("(");
    List<Expression> arguments = new ArrayList<>();
    while (!in.accept(")")) {
      if (in.peek().kind() == Token.Kind.NAME && in.second().is("=")) {
        throw Values.refused("the argument " + in.peek().text());
      }
      arguments.add(expression());
      if (!in.peek().is(")")) {
        in.expect(",");
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
    Token token = in.next();
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
    if (in.peek().is("(")) {
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
        in.expect(")");
        yield inner;
      }
      case "-" -> {
        Expression inner = postfix();
        yield scope -> -Values.number(inner.value(scope));
      }
      case "[" -> list();
      case "{" -> {
        in.expect("}");
        yield _ -> Map.of();
      }
      default -> throw Values.refused("'" + token.text() + "' at this place");
    };
  }

  private Expression list() {
    List<Expression> items = new ArrayList<>();
    while (!in.accept("]")) {
      items.add(expression());
      if (!in.peek().is("]")) {
        in.expect(",");
      }
    }
    return scope -> values(items, scope);
  }
}
