// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.script;

import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A NamedTuple of TorchScript. Values cross from Java as lists; the generated reader gives them
 * their names, so no program counts positions.
 *
 * @param name of the class
 * @param fields in the order in which values are handed over
 */
public record NamedTuple(String name, List<Field> fields) {
  /**
   * A field.
   *
   * @param type as TorchScript spells it
   */
  public record Field(String name, String type) {}

  // Records are written in every step, and looking accessors up takes microseconds.
  private static final ClassValue<List<Method>> ACCESSORS =
      new ClassValue<>() {
        @Override
        protected List<Method> computeValue(Class<?> type) {
          return accessors(type);
        }
      };

  public NamedTuple {
    fields = List.copyOf(fields);
  }

  /**
   * The tuple that stands for a record of numbers and lists of them: same name, same fields, same
   * order.
   */
  public static NamedTuple of(Class<? extends Record> type) {
    return of(type.getSimpleName(), type);
  }

  /** As {@link #of(Class)}, under another name. */
  public static NamedTuple of(String name, Class<? extends Record> type) {
    return new NamedTuple(
        name,
        Arrays.stream(type.getRecordComponents())
            .map(c -> new Field(snake(c.getName()), spelling(c.getGenericType())))
            .toList());
  }

  private static String spelling(Type type) {
    if (type == int.class || type == long.class) {
      return "int";
    }
    if (type == double.class) {
      return "float";
    }
    if (type instanceof ParameterizedType list && list.getRawType() == List.class) {
      return list.getActualTypeArguments()[0] == Integer.class ? "List[int]" : "List[float]";
    }
    throw new IllegalArgumentException(type + " is neither int, long, double nor a list");
  }

  /** {@code aName} or {@code AName} as {@code a_name}. */
  static String snake(String name) {
    return name.replaceAll("(?<=[a-z0-9])([A-Z])", "_$1").toLowerCase(Locale.ROOT);
  }

  /** The name of this type within a program. */
  public String type() {
    return "__torch__." + name;
  }

  /** The name of the reader. */
  String readerName() {
    return snake(name);
  }

  /** The class. */
  String declaration() {
    return fields.stream()
        .map(f -> "  " + f.name + " : " + f.type + "\n")
        .collect(Collectors.joining("", "class " + name + "(NamedTuple):\n", ""));
  }

  /**
   * Two methods for a tuple whose fields are of one type T: {@code a_name(list: List[T], at: int)},
   * which reads one from its place in a list, and {@code a_name_size()}, the numbers it takes.
   */
  public String reader() {
    String type = fields.getFirst().type;
    if (fields.stream().anyMatch(f -> !f.type.equals(type))) {
      throw new IllegalStateException(name + " has fields of several types");
    }
    return method(
            readerName(), "list: List[%s], at: int".formatted(type), i -> "list[at + " + i + "]")
        + "  def %s_size(self: __torch__.Net) -> int:\n    return %d\n"
            .formatted(readerName(), fields.size());
  }

  /** A method {@code a_name()} that gives a tuple of these values. */
  public String constant(Record values) {
    List<Method> accessors = ACCESSORS.get(values.getClass());
    return method(readerName(), "", i -> result(accessors.get(i), values).toString());
  }

  private String method(String method, String parameters, Function<Integer, String> value) {
    return "  def %s(self: __torch__.Net%s) -> %s:\n    return %s(%s)\n"
        .formatted(
            method,
            parameters.isEmpty() ? "" : ", " + parameters,
            type(),
            type(),
            IntStream.range(0, fields.size())
                .mapToObj(value::apply)
                .collect(Collectors.joining(", ")));
  }

  private static Number value(Method accessor, Record values) {
    return (Number) result(accessor, values);
  }

  private static Object result(Method accessor, Record values) {
    try {
      return accessor.invoke(values);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(accessor + " cannot be called", e);
    }
  }

  private static List<Method> accessors(Class<?> type) {
    List<Method> accessors = new ArrayList<>();
    for (RecordComponent component : type.getRecordComponents()) {
      Method accessor = component.getAccessor();
      accessor.setAccessible(true); // The record itself may be private.
      accessors.add(accessor);
    }
    return accessors;
  }

  /** The numbers of a record in the order of its fields. */
  public static double[] doubles(Record values) {
    List<Method> accessors = ACCESSORS.get(values.getClass());
    double[] numbers = new double[accessors.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = value(accessors.get(i), values).doubleValue();
    }
    return numbers;
  }

  /** The whole numbers of a record in the order of its fields. */
  public static long[] longs(Record values) {
    List<Method> accessors = ACCESSORS.get(values.getClass());
    long[] numbers = new long[accessors.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = value(accessors.get(i), values).longValue();
    }
    return numbers;
  }
}
