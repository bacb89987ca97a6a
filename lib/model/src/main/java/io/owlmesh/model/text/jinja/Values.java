// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text.jinja;

import io.owlmesh.core.OwlException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What values are to each other: truth, order, filters, tests and methods. */
final class Values {
  /** What a name that nobody gave has. */
  static final Object UNDEFINED = new Object();

  private static final int MAX_SIZE = 1 << 20;

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

  static List<Object> list(@Nullable Object value) {
    if (value instanceof List<?> list) {
      return new ArrayList<>(list);
    }
    throw refused("a loop over what is no list");
  }

  static @Nullable Object sum(@Nullable Object left, @Nullable Object right) {
    if (left instanceof Long a && right instanceof Long b) {
      return a + b;
    }
    if (left instanceof List<?> && right instanceof List<?>) {
      List<Object> both = list(left);
      both.addAll(list(right));
      return bounded(both, both.size());
    }
    if (left instanceof String a && right instanceof String b) {
      return joined(a, b);
    }
    throw OwlException.badCheckpoint(JinjaTemplate.WHERE, "adds what cannot be added");
  }

  static String joined(String left, String right) {
    return bounded(left, left.length() + right.length()) + right;
  }

  /** Doubling something a few dozen times would fill the memory. */
  private static <T> T bounded(T value, int size) {
    if (size > MAX_SIZE) {
      throw OwlException.badCheckpoint(JinjaTemplate.WHERE, "makes something too large");
    }
    return value;
  }

  static long number(@Nullable Object value) {
    if (value instanceof Long number) {
      return number;
    }
    throw OwlException.badCheckpoint(JinjaTemplate.WHERE, "calculates with what is no number");
  }

  static boolean contains(@Nullable Object whole, @Nullable Object part) {
    return switch (whole) {
      case String text -> text.contains(text(part));
      case List<?> list -> list.contains(part);
      case Map<?, ?> map -> map.containsKey(part);
      case null, default -> false;
    };
  }

  /** {@code value.name} or {@code value[name]}. */
  static @Nullable Object member(@Nullable Object value, @Nullable Object key) {
    if (value instanceof Map<?, ?> map) {
      return map.containsKey(key) ? map.get(key) : UNDEFINED;
    }
    if (key instanceof Long index && value instanceof List<?> list) {
      long at = index < 0 ? list.size() + index : index;
      return at >= 0 && at < list.size() ? list.get((int) at) : UNDEFINED;
    }
    return UNDEFINED;
  }

  static @Nullable Object method(
      @Nullable Object value, String name, List<@Nullable Object> arguments) {
    if (value instanceof Map<?, ?> map && name.equals("get") && !arguments.isEmpty()) {
      Object found = member(map, arguments.getFirst());
      return found == UNDEFINED ? (arguments.size() > 1 ? arguments.get(1) : null) : found;
    }
    if (!(value instanceof String text)) {
      throw refused("the method " + name);
    }
    return switch (name) {
      case "upper" -> text.toUpperCase(Locale.ROOT);
      case "lower" -> text.toLowerCase(Locale.ROOT);
      case "capitalize" -> capital(text);
      case "strip" -> text.strip();
      case "lstrip" -> text.stripLeading();
      case "rstrip" -> text.stripTrailing();
      case "startswith" -> text.startsWith(text(arguments.getFirst()));
      case "endswith" -> text.endsWith(text(arguments.getFirst()));
      default -> throw refused("the method " + name);
    };
  }

  private static String capital(String text) {
    return text.isEmpty()
        ? text
        : text.substring(0, 1).toUpperCase(Locale.ROOT)
            + text.substring(1).toLowerCase(Locale.ROOT);
  }

  static @Nullable Object filter(
      @Nullable Object value, String name, List<@Nullable Object> arguments) {
    return switch (name) {
      case "trim" -> text(value).strip();
      case "upper", "lower", "capitalize" -> method(text(value), name, arguments);
      case "length", "count" ->
          (long) (value instanceof String text ? text.length() : list(value).size());
      case "first" -> member(list(value), 0L);
      case "last" -> member(list(value), -1L);
      case "list" -> list(value);
      case "string" -> text(value);
      case "default" -> value == UNDEFINED ? arguments.getFirst() : value;
      case "join" ->
          list(value).stream()
              .map(Values::text)
              .collect(Collectors.joining(arguments.isEmpty() ? "" : text(arguments.getFirst())));
      case "map" -> throw refused("the filter map without attribute");
      case "selectattr", "rejectattr" ->
          list(value).stream()
              .filter(item -> chosen(item, arguments) == name.equals("selectattr"))
              .toList();
      default -> throw refused("the filter " + name);
    };
  }

  private static boolean chosen(Object item, List<@Nullable Object> arguments) {
    Object member = member(item, arguments.getFirst());
    if (arguments.size() == 1) {
      return truth(member);
    }
    return switch (text(arguments.get(1))) {
      case "equalto", "==", "eq" -> Objects.equals(member, arguments.get(2));
      case "ne", "!=" -> !Objects.equals(member, arguments.get(2));
      case "in" -> contains(arguments.get(2), member);
      case "defined" -> member != UNDEFINED;
      default -> throw refused("selection by " + arguments.get(1));
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
