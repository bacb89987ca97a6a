// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.owlmesh.model.json.JsonFields;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Predicate;

/**
 * Numbers for some of the layers, as PEFT's {@code rank_pattern} and {@code alpha_pattern} give
 * them. A key is a regular expression for the end of a layer's path, from the beginning of the path
 * or behind a dot; the first that matches counts. Files choose the expressions, so an engine reads
 * them whose time grows with the text alone.
 */
final class ModulePatterns {
  static final ModulePatterns NONE = new ModulePatterns(List.of());
  private static final Pattern PATH = Pattern.compile("[A-Za-z0-9_]+(\\.[A-Za-z0-9_]+)*");
  private static final int MOST_KEYS = 20_000;
  private static final int MOST_EXPRESSIONS = 100;
  private static final int MOST_CHARS = 200;

  private record Entry(Predicate<String> matches, double number) {}

  private final List<Entry> entries;

  private ModulePatterns(List<Entry> entries) {
    this.entries = entries;
  }

  /**
   * Reads an object of numbers; what is wrong becomes a problem.
   *
   * @param most that a number may be; all are above 0
   */
  static ModulePatterns read(JsonFields fields, String key, double most) {
    JsonNode node = fields.raw(key);
    if (!fields.isPresent(key) || node.isEmpty()) {
      fields.require(!fields.isPresent(key) || node.isContainerNode(), key + " is no object");
      return NONE;
    }
    if (!node.isObject() || node.size() > MOST_KEYS) {
      fields.problem(key, "no object of at most " + MOST_KEYS + " numbers");
      return NONE;
    }
    List<Entry> entries = new ArrayList<>();
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      double number = field.getValue().isNumber() ? field.getValue().asDouble() : Double.NaN;
      if (!(number > 0 && number <= most)) {
        fields.problem(
            key + "." + field.getKey(),
            field.getValue() + "; expected a number above 0, up to " + most);
        return NONE;
      }
      try {
        entries.add(new Entry(matcher(field.getKey()), number));
      } catch (PatternSyntaxException e) {
        fields.problem(key + "." + field.getKey(), "not understood: " + e.getDescription());
        return NONE;
      }
    }
    long expressions = entries.stream().filter(e -> !(e.matches() instanceof Path)).count();
    if (expressions > MOST_EXPRESSIONS) {
      fields.problem(key, "of %d expressions; %d at most".formatted(expressions, MOST_EXPRESSIONS));
      return NONE;
    }
    return new ModulePatterns(List.copyOf(entries));
  }

  /** Most keys are paths, written with or without escaped dots, and need no expression. */
  private static Predicate<String> matcher(String key) {
    boolean fromStart = key.startsWith("^");
    String path = (fromStart ? key.substring(1) : key).replace("\\.", ".");
    if (PATH.matches(path)) {
      return new Path(path, fromStart);
    }
    // A count such as {1000} makes a large program of a few characters.
    if (key.length() > MOST_CHARS || key.indexOf('{') >= 0) {
      throw new PatternSyntaxException("an expression of over 200 characters, or with a count");
    }
    return Pattern.compile("(?:.*\\.)?(?:" + key + ")")::matches;
  }

  private record Path(String path, boolean fromStart) implements Predicate<String> {
    @Override
    public boolean test(String module) {
      return module.equals(path) || (!fromStart && module.endsWith("." + path));
    }
  }

  /**
   * The number of a layer; empty if no pattern matches.
   *
   * @param module its path in the model that the adapter was made on
   */
  OptionalDouble of(String module) {
    for (Entry entry : entries) {
      if (entry.matches().test(module)) {
        return OptionalDouble.of(entry.number());
      }
    }
    return OptionalDouble.empty();
  }
}
