// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.Map;
import java.util.Set;

/** What schemas may hold. */
final class SchemaKeywords {
  /** Without effect on which values are allowed. */
  private static final Set<String> ANNOTATIONS =
      Set.of(
          "title",
          "description",
          "default",
          "example",
          "examples",
          "$comment",
          "$schema",
          "$id",
          "id",
          "deprecated",
          "readOnly",
          "writeOnly",
          "nullable",
          "discriminator",
          "externalDocs",
          "xml",
          "contentEncoding",
          "contentMediaType",
          "contentSchema");

  private static final Set<String> FOR_ALL_TYPES =
      Set.of(
          "type",
          "enum",
          "const",
          "anyOf",
          "oneOf",
          "allOf",
          "not",
          "$ref",
          "$defs",
          "definitions");

  private static final JsonNode EMPTY = JsonNodeFactory.instance.objectNode();

  private SchemaKeywords() {}

  /**
   * Refuses what is no schema, or has a keyword that is not supported.
   *
   * @throws io.owlmesh.core.OwlException BAD_INPUT naming the pointer
   */
  static void check(Subschema schema) {
    if (!schema.node().isObject()) {
      throw SchemaCompiler.refused(schema.at(), "is neither an object nor true or false");
    }
    for (Map.Entry<String, JsonNode> entry : schema.node().properties()) {
      String keyword = entry.getKey();
      boolean known =
          keyword.startsWith("x-")
              || ANNOTATIONS.contains(keyword)
              || FOR_ALL_TYPES.contains(keyword)
              || JsonType.hasKeyword(keyword);
      if (!known) {
        throw SchemaCompiler.refused(schema.at(), "the keyword '" + keyword + "' is not supported");
      }
    }
    JsonNode not = schema.get("not");
    if (schema.has("not") && !not.equals(not.isObject() ? EMPTY : BooleanNode.TRUE)) {
      throw schema.refused("not", "is supported as {} alone, which nothing is");
    }
  }

  /** The array of a keyword, which must hold something. */
  static JsonNode nonEmpty(Subschema schema, String keyword) {
    JsonNode array = schema.get(keyword);
    if (!array.isArray() || array.isEmpty()) {
      throw schema.refused(keyword, "is no array with at least one element");
    }
    return array;
  }
}
