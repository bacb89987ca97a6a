// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableSet;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The types of JSON schema, with the keywords that each alone understands. */
enum JsonType {
  STRING("minLength", "maxLength", "pattern"),
  INTEGER("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
  NUMBER,
  BOOLEAN,
  NULL,
  OBJECT("properties", "required", "additionalProperties"),
  ARRAY("items", "minItems", "maxItems");

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
   * The types that a schema allows: those it declares, else those its keywords are for; none if it
   * says nothing about types.
   *
   * @throws io.owlmesh.core.OwlException BAD_INPUT if a keyword is for no type that is declared
   */
  static Set<JsonType> of(JsonNode schema, String at) {
    Set<JsonType> declared = declared(schema.path("type"), at + "/type");
    Set<JsonType> implied = EnumSet.noneOf(JsonType.class);
    for (String keyword : (Iterable<String>) schema::fieldNames) {
      JsonType owner = owner(keyword);
      if (owner == null) {
        continue;
      }
      implied.add(owner);
      if (owner == INTEGER && declared.contains(NUMBER)) {
        throw SchemaCompiler.refused(at, "'" + keyword + "' is supported for integers alone");
      }
      if (!declared.isEmpty() && !declared.contains(owner)) {
        throw SchemaCompiler.refused(at, "'" + keyword + "' is for none of the types declared");
      }
    }
    return declared.isEmpty() ? implied : declared;
  }

  private static Set<JsonType> declared(JsonNode type, String at) {
    Set<JsonType> types = EnumSet.noneOf(JsonType.class);
    if (type.isArray() && !type.isEmpty()) {
      type.forEach(one -> types.add(named(one, at)));
    } else if (!type.isMissingNode()) {
      types.add(named(type, at));
    }
    return types;
  }

  private static JsonType named(JsonNode name, String at) {
    for (JsonType type : values()) {
      if (name.isTextual() && name.textValue().equals(type.name().toLowerCase(Locale.ROOT))) {
        return type;
      }
    }
    throw SchemaCompiler.refused(at, name + " is no type");
  }
}
