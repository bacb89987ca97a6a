// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The types of JSON schema, with the keywords that each alone understands. */
enum JsonType {
  STRING("minLength", "maxLength", "pattern", "format"),
  INTEGER,
  NUMBER("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
  BOOLEAN,
  NULL,
  OBJECT("properties", "required", "additionalProperties", "propertyNames"),
  ARRAY("items", "prefixItems", "minItems", "maxItems", "uniqueItems");

  private final ImmutableSet<String> keywords;

  JsonType(String... keywords) {
    this.keywords = ImmutableSet.copyOf(keywords);
  }

  /** Whether any type understands a keyword. */
  static boolean hasKeyword(String keyword) {
    return owner(keyword) != null;
  }

  private static @Nullable JsonType owner(String keyword) {
    for (JsonType type : values()) {
      if (type.keywords.contains(keyword)) {
        return type;
      }
    }
    return null;
  }

  /**
   * The types that schemas allow together: those that all declare, else those that their keywords
   * are for; absent if nothing is said about types.
   *
   * @throws io.owlmesh.core.OwlException BAD_INPUT if a type is none
   */
  static Optional<Set<JsonType>> of(List<Subschema> schemas) {
    Set<JsonType> implied = EnumSet.noneOf(JsonType.class);
    Set<JsonType> declared = EnumSet.allOf(JsonType.class);
    boolean any = false;
    for (Subschema schema : schemas) {
      any |= schema.has("type");
      if (schema.has("type")) {
        Set<JsonType> own = declared(schema);
        declared.removeIf(type -> !covers(own, type));
      }
      for (String keyword : (Iterable<String>) schema.node()::fieldNames) {
        JsonType owner = owner(keyword);
        if (owner != null) {
          implied.add(owner);
        }
      }
    }
    if (declared.contains(NUMBER)) {
      declared.remove(INTEGER); // It is among the numbers.
    }
    return any ? Optional.of(declared) : Optional.of(implied).filter(types -> !types.isEmpty());
  }

  private static boolean covers(Set<JsonType> types, JsonType type) {
    return types.contains(type) || (type == INTEGER && types.contains(NUMBER));
  }

  /** The types that one schema declares. */
  static Set<JsonType> declared(Subschema schema) {
    JsonNode type = schema.get("type");
    Set<JsonType> types = EnumSet.noneOf(JsonType.class);
    if (type.isArray() && !type.isEmpty()) {
      type.forEach(one -> types.add(named(one, schema)));
    } else {
      types.add(named(type, schema));
    }
    return types;
  }

  private static JsonType named(JsonNode name, Subschema schema) {
    for (JsonType type : values()) {
      if (name.isTextual() && name.textValue().equals(type.name().toLowerCase(Locale.ROOT))) {
        return type;
      }
    }
    throw schema.refused("type", name + " is no type");
  }

  /** Whether a value is of this type. */
  boolean holds(JsonNode value) {
    return switch (this) {
      case STRING -> value.isTextual();
      case INTEGER -> value.isNumber() && isWhole(value);
      case NUMBER -> value.isNumber();
      case BOOLEAN -> value.isBoolean();
      case NULL -> value.isNull();
      case OBJECT -> value.isObject();
      case ARRAY -> value.isArray();
    };
  }

  private static boolean isWhole(JsonNode number) {
    // 1.0 is one; digits are dropped, none are made, whatever the exponent.
    return number.isIntegralNumber() || number.decimalValue().stripTrailingZeros().scale() <= 0;
  }
}
