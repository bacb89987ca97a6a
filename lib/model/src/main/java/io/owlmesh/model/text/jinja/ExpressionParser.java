// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text.jinja;

import io.owlmesh.core.OwlException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the expressions of one tag, from the loosest operator to the tightest. */
final class ExpressionParser {
  private static final int MAX_DEPTH = 60;

  /** Names, signs and strings of one tag: as deep its evaluation may go, in any thread. */
  private static final int MAX_PARTS = 500;

  private static final int MAX_DIGITS = 18;
  private static final List<String> COMPARISONS = List.of("==", "!=", "<", ">", "<=", ">=");

  private final TokenReader in;
  private int depth;
  private int parts;

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
      String sign = in.peek().text();
      if (in.peek().kind() == Token.Kind.SIGN && COMPARISONS.contains(sign)) {
        in.next();
        count();
        Expression second = sum();
        left = scope -> compare(sign, first.value(scope), second.value(scope), scope);
      } else if (accept("in")) {
        Expression second = sum();
        left = scope -> Values.contains(second.value(scope), first.value(scope), scope);
      } else if (in.peek().is("not") && in.second().is("in")) {
        in.next();
        in.next();
        count();
        Expression second = sum();
        left = scope -> !Values.contains(second.value(scope), first.value(scope), scope);
      } else if (accept("is")) {
        boolean negative = in.accept("not");
        String test = in.name();
        left = scope -> Values.test(first.value(scope), test) != negative;
      } else {
        return left;
      }
    }
  }

  private void count() {
    parts++;
    if (parts > MAX_PARTS) {
      throw OwlException.badCheckpoint(
          JinjaTemplate.WHERE, "a tag of more than " + MAX_PARTS + " parts");
    }
  }

  private boolean accept(String sign) {
    boolean there = in.accept(sign);
    if (there) {
      count();
    }
    return there;
  }

  private static boolean compare(
      String sign, @Nullable Object left, @Nullable Object right, Scope scope) {
    return switch (sign) {
      case "==" -> Values.equal(left, right, scope);
      case "!=" -> !Values.equal(left, right, scope);
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
        left = scope -> Values.sum(first.value(scope), second.value(scope), scope);
      } else if (accept("-")) {
        Expression second = postfix();
        left = scope -> Values.number(first.value(scope)) - Values.number(second.value(scope));
      } else if (accept("%")) {
        Expression second = postfix();
        left = scope -> Values.remainder(first.value(scope), second.value(scope));
      } else if (accept("~")) {
        Expression second = postfix();
        left =
            scope ->
                Values.joined(
                    Values.text(first.value(scope)), Values.text(second.value(scope)), scope);
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
        String name = in.name();
        if (in.peek().is("(")) {
          List<Expression> arguments = arguments();
          value =
              scope ->
                  Values.method(
                      inner.value(scope),
                      new CallArguments("method " + name, name, values(arguments, scope), scope));
        } else {
          value = scope -> Values.member(inner.value(scope), name);
        }
      } else if (accept("[")) {
        value = index(inner);
      } else if (accept("|")) {
        String name = in.name();
        List<Expression> arguments = in.peek().is("(") ? arguments() : List.of();
        value =
            scope ->
                Values.filter(
                    inner.value(scope),
                    new CallArguments("filter " + name, name, values(arguments, scope), scope));
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
        List<@Nullable Object> all = Values.list(inner.value(scope), scope);
        long first = Values.number(key.value(scope));
        // A negative one counts from the end.
        long from = Math.clamp(first < 0 ? all.size() + first : first, 0, all.size());
        return new ArrayList<>(all.subList((int) from, all.size()));
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
    count();
    return switch (token.kind()) {
      case STRING -> _ -> token.text();
      case NUMBER -> {
        if (token.text().length() > MAX_DIGITS) {
          throw Values.refused("a number of " + token.text().length() + " digits");
        }
        long number = Long.parseLong(token.text());
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
        CallArguments given =
            new CallArguments("function " + name, name, values(arguments, scope), scope);
        throw OwlException.badInput("turns", "the chat template: " + given.text(0));
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
