// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided.schema;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.util.Optional;

/**
 * Follows the references of a schema to others in it.
 *
 * @param root the whole schema
 */
record SchemaReferences(JsonNode root) {
  /** So many values may lie inside each other whose schema is one that contains itself. */
  static final int MAX_RECURSION = 5;

  /**
   * Where the reference of a schema leads; nowhere beyond the depth of recursion.
   *
   * @throws io.owlmesh.core.OwlException BAD_INPUT naming the pointer if there is nothing, or only
   *     the reference itself
   */
  Optional<Subschema> follow(Subschema from) {
    JsonNode reference = from.get("$ref");
    String target = reference.asText();
    if (!reference.isTextual() || !target.startsWith("#")) {
      throw from.refused("$ref", "'" + target + "' is not supported; it must begin with '#'");
    }
    if (from.here().contains(target)) {
      throw from.refused("$ref", "'" + target + "' leads to itself");
    }
    if (from.around().size() >= SchemaCompiler.MAX_DEPTH) {
      throw from.refused(
          "$ref", "more than " + SchemaCompiler.MAX_DEPTH + " schemas inside each other");
    }
    if (from.around().count(target) >= MAX_RECURSION) {
      return Optional.empty();
    }
    return Optional.of(from.referred(find(from, target), target));
  }

  private JsonNode find(Subschema from, String target) {
    try {
      JsonNode found = root.at(JsonPointer.compile(URI.create(target).getFragment()));
      if (!found.isMissingNode()) {
        return found;
      }
    } catch (IllegalArgumentException _) {
      // No pointer, so it leads nowhere either.
    }
    throw from.refused("$ref", "'" + target + "' leads nowhere");
  }
}
