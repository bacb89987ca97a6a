// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text.jinja;

import io.owlmesh.core.OwlException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What values are to each other: truth, order, filters, tests and methods. */
final class Values {
  /** What a name that nobody gave has. */
  static final Object UNDEFINED = new Object();

  private static final int MAX_SIZE = 1 << 20;

  /** Characters that take as much as an item of a list. */
  private static final int ITEM = 4;

  private Values() {}

  static OwlException refused(String what) {
    return OwlException.badCheckpoint(JinjaTemplate.WHERE, what + " is not understood");
  }

  static boolean truth(@Nullable Object value) {
    return switch (value) {
      case null -> false;
      case Boolean flag -> flag;
      case Long number -> number != 0;
      case String text -> !text.isEmpty();
      case List<?> list -> !list.isEmpty();
      case Map<?, ?> map -> !map.isEmpty();
      default -> value != UNDEFINED;
    };
  }

  static String text(@Nullable Object value) {
    return switch (value) {
      case null -> "None";
      case Boolean flag -> flag ? "True" : "False";
      case String text -> text;
      case Long number -> number.toString();
      default -> {
        if (value == UNDEFINED) {
          yield "";
        }
        throw refused("printing of a list");
      }
    };
  }

  /** A copy, because nothing that a template has may change behind its back. */
  static List<@Nullable Object> list(@Nullable Object value, Scope scope) {
    if (value instanceof List<?> list) {
      scope.work((long) ITEM * list.size());
      return new ArrayList<>(list);
    }
    throw refused("a list of what is none");
  }

  static @Nullable Object sum(@Nullable Object left, @Nullable Object right, Scope scope) {
    if (left instanceof Long a && right instanceof Long b) {
      return a + b;
    }
    if (left instanceof List<?> a && right instanceof List<?> b) {
      requireSize((long) a.size() + b.size());
      List<@Nullable Object> both = list(left, scope);
      both.addAll(list(right, scope));
      return both;
    }
    if (left instanceof String a && right instanceof String b) {
      return joined(a, b, scope);
    }
    throw OwlException.badCheckpoint(JinjaTemplate.WHERE, "adds what cannot be added");
  }

  static String joined(String left, String right, Scope scope) {
    long length = (long) left.length() + right.length();
    requireSize(length);
    scope.work(length);
    return left + right;
  }

  /** Doubling something a few dozen times would fill the memory. */
  private static void requireSize(long size) {
    if (size > MAX_SIZE) {
      throw OwlException.badCheckpoint(JinjaTemplate.WHERE, "makes something too large");
    }
  }

  static long number(@Nullable Object value) {
    if (value instanceof Long number) {
      return number;
    }
    throw OwlException.badCheckpoint(JinjaTemplate.WHERE, "calculates with what is no number");
  }

  static long remainder(@Nullable Object left, @Nullable Object right) {
    if (number(right) == 0) {
      throw OwlException.badCheckpoint(JinjaTemplate.WHERE, "divides by 0");
    }
    return Math.floorMod(number(left), number(right));
  }

  /**
   * Whether two values are the same. Lists and maps are compared with empty ones alone: one that
   * holds itself twice, and so on, would take for ever.
   */
  static boolean equal(@Nullable Object left, @Nullable Object right, Scope scope) {
    if (left instanceof List<?> a && right instanceof List<?> b) {
      return bothEmpty(a.isEmpty(), b.isEmpty());
    }
    if (left instanceof Map<?, ?> a && right instanceof Map<?, ?> b) {
      return bothEmpty(a.isEmpty(), b.isEmpty());
    }
    if (left instanceof String a && right instanceof String b) {
      scope.work(a.length() == b.length() ? a.length() : 1);
      return a.equals(b);
    }
    boolean whole = left instanceof List<?> || left instanceof Map<?, ?>;
    return !whole && Objects.equals(left, right);
  }

  private static boolean bothEmpty(boolean left, boolean right) {
    if (!left && !right) {
      throw refused("a comparison of two lists or maps");
    }
    return left && right;
  }

  static boolean contains(@Nullable Object whole, @Nullable Object part, Scope scope) {
    return switch (whole) {
      case String text -> {
        String sought = text(part);
        scope.work((long) text.length() * Math.max(1, sought.length()));
        yield text.contains(sought);
      }
      case List<?> list -> {
        scope.work((long) ITEM * list.size());
        yield list.stream().anyMatch(item -> equal(item, part, scope));
      }
      case Map<?, ?> map -> part instanceof String && map.containsKey(part);
      case null, default -> false;
    };
  }

  /** {@code value.name} or {@code value[name]}. */
  static @Nullable Object member(@Nullable Object value, @Nullable Object key) {
    if (value instanceof Map<?, ?> map) {
      return key instanceof String && map.containsKey(key) ? map.get(key) : UNDEFINED;
    }
    if (key instanceof Long index && value instanceof List<?> list) {
      long at = index < 0 ? list.size() + index : index;
      return at >= 0 && at < list.size() ? list.get((int) at) : UNDEFINED;
    }
    if (key instanceof Long && value instanceof String) {
      throw refused("a character of a text");
    }
    return UNDEFINED;
  }

  static @Nullable Object method(@Nullable Object value, CallArguments call) {
    String name = call.name();
    if (value instanceof Map<?, ?> map && name.equals("get")) {
      Object found = member(map, call.get(0));
      return found == UNDEFINED ? (call.isGiven(1) ? call.get(1) : null) : found;
    }
    if (!(value instanceof String text)) {
      throw refused("the method " + name);
    }
    call.scope().work(text.length());
    return switch (name) {
      case "upper", "lower", "capitalize", "strip", "lstrip", "rstrip" -> changed(text, call);
      case "startswith" -> text.startsWith(call.text(0));
      case "endswith" -> text.endsWith(call.text(0));
      default -> throw refused("the method " + name);
    };
  }

  /** What has one text, and no arguments. */
  private static String changed(String text, CallArguments call) {
    call.require(0);
    return switch (call.name()) {
      case "upper" -> text.toUpperCase(Locale.ROOT);
      case "lower" -> text.toLowerCase(Locale.ROOT);
      case "capitalize" -> capital(text);
      case "lstrip" -> text.stripLeading();
      case "rstrip" -> text.stripTrailing();
      default -> text.strip();
    };
  }

  private static String capital(String text) {
    return text.isEmpty()
        ? text
        : text.substring(0, 1).toUpperCase(Locale.ROOT)
            + text.substring(1).toLowerCase(Locale.ROOT);
  }

  static @Nullable Object filter(@Nullable Object value, CallArguments call) {
    String name = call.name();
    Scope scope = call.scope();
    return switch (name) {
      case "trim", "upper", "lower", "capitalize" -> {
        String text = text(value);
        scope.work(text.length());
        yield changed(text, call);
      }
      case "length", "count" ->
          (long) (value instanceof String text ? text.length() : list(value, scope).size());
      case "first" -> member(list(value, scope), 0L);
      case "last" -> member(list(value, scope), -1L);
      case "list" -> list(value, scope);
      case "string" -> text(value);
      case "default" -> {
        boolean absent =
            (call.isGiven(1) && truth(call.get(1))) ? !truth(value) : value == UNDEFINED;
        yield !absent ? value : call.isGiven(0) ? call.get(0) : "";
      }
      case "join" -> together(list(value, scope), call);
      case "selectattr", "rejectattr" -> {
        List<@Nullable Object> chosen = list(value, scope);
        chosen.removeIf(item -> isChosen(item, call) != name.equals("selectattr"));
        yield chosen;
      }
      default -> throw refused("the filter " + name);
    };
  }

  private static String together(List<@Nullable Object> items, CallArguments call) {
    String between = call.isGiven(0) ? call.text(0) : "";
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < items.size(); i++) {
      String item = (i == 0 ? "" : between) + text(items.get(i));
      requireSize((long) all.length() + item.length());
      call.scope().work(item.length());
      all.append(item);
    }
    return all.toString();
  }

  private static boolean isChosen(@Nullable Object item, CallArguments call) {
    Object member = member(item, call.get(0));
    if (!call.isGiven(1)) {
      return truth(member);
    }
    return switch (call.text(1)) {
      case "equalto", "==", "eq" -> equal(member, call.get(2), call.scope());
      case "ne", "!=" -> !equal(member, call.get(2), call.scope());
      case "in" -> contains(call.get(2), member, call.scope());
      case "defined" -> member != UNDEFINED;
      default -> throw refused("selection by " + call.text(1));
    };
  }

  static boolean test(@Nullable Object value, String name) {
    return switch (name) {
      case "defined" -> value != UNDEFINED;
      case "undefined" -> value == UNDEFINED;
      case "none", "None" -> value == null;
      case "string" -> value instanceof String;
      case "number", "integer" -> value instanceof Long;
      case "boolean" -> value instanceof Boolean;
      case "true" -> Boolean.TRUE.equals(value);
      case "false" -> Boolean.FALSE.equals(value);
      case "mapping" -> value instanceof Map;
      case "sequence", "iterable" -> value instanceof List || value instanceof String;
      default -> throw refused("the test " + name);
    };
  }
}
