// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.owlmesh.llm.guided.automaton.BoundedAutomata;
import io.owlmesh.llm.guided.automaton.Utf8;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.lucene.util.automaton.ByteRunAutomaton;

/**
 * Tells whether schemas allow a value that they name: whatever generation's own limits are, such as
 * digits of numbers or the order of properties. Formats are annotations here.
 */
final class SchemaValidator {
  // So many digits of remainders that are computed at all.
  private static final int MAX_DIGITS = 1000;
  private static final int MAX_WORK = 200_000;

  private static final Comparator<JsonNode> NUMBERS_FIRST =
      (a, b) ->
          a.isNumber() && b.isNumber()
              ? a.decimalValue().compareTo(b.decimalValue())
              : a.equals(b) ? 0 : 1;

  private final SchemaReferences references;
  // By the pointers of their schemas: an enum may name many strings.
  private final Map<String, ByteRunAutomaton> patterns = new HashMap<>();
  private int work;

  SchemaValidator(SchemaReferences references) {
    this.references = references;
  }

  /** Whether two values are the same: 1 is 1.0. */
  static boolean same(JsonNode a, JsonNode b) {
    return a.equals(NUMBERS_FIRST, b);
  }

  boolean accepts(JsonNode value, Subschema schema) {
    if (++work > MAX_WORK) {
      throw new BoundedAutomata.TooLargeException();
    }
    return accepts(value, Conjunction.of(List.of(schema), references));
  }

  boolean accepts(JsonNode value, Conjunction schemas) {
    return schemas.possible()
        && schemas.plain().stream().allMatch(schema -> keeps(value, schema))
        && schemas.choices().stream().allMatch(choice -> keeps(value, choice));
  }

  private boolean keeps(JsonNode value, Conjunction.Choice choice) {
    long holding = choice.options().stream().filter(option -> accepts(value, option)).count();
    return holding == 1 || (holding > 1 && !choice.exclusive());
  }

  /** Whether a value keeps a schema's own keywords. */
  private boolean keeps(JsonNode value, Subschema schema) {
    if (schema.has("type")
        && JsonType.declared(schema).stream().noneMatch(type -> type.holds(value))) {
      return false;
    }
    if (schema.has("const") && !same(schema.get("const"), value)) {
      return false;
    }
    if (schema.has("enum")) {
      boolean among = false;
      for (JsonNode one : SchemaKeywords.nonEmpty(schema, "enum")) {
        among |= same(one, value);
      }
      if (!among) {
        return false;
      }
    }
    return switch (value.getNodeType()) {
      case STRING -> keepsString(value.textValue(), schema);
      case NUMBER -> keepsNumber(value.decimalValue(), schema);
      case ARRAY -> keepsArray(value, schema);
      case OBJECT -> keepsObject(value, schema);
      default -> true;
    };
  }

  private boolean keepsString(String value, Subschema schema) {
    int length = value.codePointCount(0, value.length());
    int max = schema.count("maxLength", BoundedAutomata.UNLIMITED);
    if (length < schema.count("minLength", 0)
        || (max != BoundedAutomata.UNLIMITED && length > max)) {
      return false;
    }
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    return !schema.has("pattern")
        || patterns.computeIfAbsent(schema.at(), _ -> table(schema)).run(bytes, 0, bytes.length);
  }

  private static ByteRunAutomaton table(Subschema schema) {
    return BoundedAutomata.table(StringKeywords.pattern(schema, Utf8.ANY).orElseThrow());
  }

  private static boolean keepsNumber(BigDecimal value, Subschema schema) {
    return schema.number("minimum").filter(min -> value.compareTo(min) < 0).isEmpty()
        && schema.number("maximum").filter(max -> value.compareTo(max) > 0).isEmpty()
        && schema.number("exclusiveMinimum").filter(min -> value.compareTo(min) <= 0).isEmpty()
        && schema.number("exclusiveMaximum").filter(max -> value.compareTo(max) >= 0).isEmpty()
        && schema.number("multipleOf").filter(of -> !isMultiple(value, of, schema)).isEmpty();
  }

  private static boolean isMultiple(BigDecimal value, BigDecimal of, Subschema schema) {
    for (BigDecimal number : List.of(value, of)) {
      if (Math.abs((long) number.scale()) + number.precision() > MAX_DIGITS) {
        throw schema.refused("multipleOf", "is not supported for numbers of so many digits");
      }
    }
    if (of.signum() <= 0) {
      throw schema.refused("multipleOf", of + " is not above 0");
    }
    return value.remainder(of).signum() == 0;
  }

  private boolean keepsArray(JsonNode value, Subschema schema) {
    int max = schema.count("maxItems", BoundedAutomata.UNLIMITED);
    if (value.size() < schema.count("minItems", 0)
        || (max != BoundedAutomata.UNLIMITED && value.size() > max)) {
      return false;
    }
    List<JsonNode> before = new ArrayList<>();
    for (JsonNode item : value) {
      if (schema.flag("uniqueItems") && before.stream().anyMatch(one -> same(one, item))) {
        return false;
      }
      Optional<Subschema> own = item(schema, before.size());
      if (own.isPresent() && !accepts(item, own.get())) {
        return false;
      }
      before.add(item);
    }
    return true;
  }

  private static Optional<Subschema> item(Subschema schema, int index) {
    JsonNode first = schema.get("prefixItems").path(index);
    if (!first.isMissingNode()) {
      return Optional.of(schema.inside(first, "prefixItems/" + index));
    }
    return schema.has("items")
        ? Optional.of(schema.inside(schema.get("items"), "items"))
        : Optional.empty();
  }

  private boolean keepsObject(JsonNode value, Subschema schema) {
    for (JsonNode name : schema.get("required")) {
      if (!value.has(name.asText())) {
        return false;
      }
    }
    for (Map.Entry<String, JsonNode> member : value.properties()) {
      String name = member.getKey();
      JsonNode own = schema.get("properties").path(name);
      Subschema described =
          !own.isMissingNode()
              ? schema.inside(own, "properties/" + Subschema.step(name))
              : schema.inside(schema.get("additionalProperties"), "additionalProperties");
      if (!described.node().isMissingNode() && !accepts(member.getValue(), described)) {
        return false;
      }
      if (schema.has("propertyNames")
          && !accepts(
              TextNode.valueOf(name),
              schema.inside(schema.get("propertyNames"), "propertyNames"))) {
        return false;
      }
    }
    return true;
  }
}
