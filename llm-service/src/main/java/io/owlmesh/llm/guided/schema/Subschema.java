// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableMultiset;
import com.google.common.collect.ImmutableSet;
import io.owlmesh.core.OwlException;
import java.math.BigDecimal;
import java.util.Optional;

/**
 * A schema inside of another, and how it was reached.
 *
 * @param at its JSON pointer
 * @param around targets of the references that led here, as often as each was followed
 * @param here those among them that were followed for the same value
 */
record Subschema(
    JsonNode node, String at, ImmutableMultiset<String> around, ImmutableSet<String> here) {

  static Subschema root(JsonNode node) {
    return new Subschema(node, "#", ImmutableMultiset.of(), ImmutableSet.of());
  }

  boolean has(String keyword) {
    return node.has(keyword);
  }

  JsonNode get(String keyword) {
    return node.path(keyword);
  }

  /** A schema for the same value. */
  Subschema beside(JsonNode other, String step) {
    return new Subschema(other, at + "/" + step, around, here);
  }

  /** A schema for a part of the value. */
  Subschema inside(JsonNode other, String step) {
    return new Subschema(other, at + "/" + step, around, ImmutableSet.of());
  }

  /** The schema that a reference leads to. */
  Subschema referred(JsonNode other, String target) {
    return new Subschema(
        other,
        target,
        ImmutableMultiset.<String>builder().addAll(around).add(target).build(),
        ImmutableSet.<String>builder().addAll(here).add(target).build());
  }

  /** A name as a step of a JSON pointer (RFC 6901). */
  static String step(String name) {
    return name.replace("~", "~0").replace("/", "~1");
  }

  /** A number of characters or items, or what it is where the keyword is absent. */
  int count(String keyword, int absent) {
    JsonNode count = get(keyword);
    if (count.isMissingNode()) {
      return absent;
    }
    if (!count.isInt() || count.intValue() < 0) {
      throw refused(keyword, count + " is no number of characters or items");
    }
    return count.intValue();
  }

  /** The number of a keyword. */
  Optional<BigDecimal> number(String keyword) {
    JsonNode number = get(keyword);
    if (number.isMissingNode()) {
      return Optional.empty();
    }
    if (!number.isNumber()) {
      throw refused(keyword, number + " is no number");
    }
    return Optional.of(number.decimalValue());
  }

  /** Whether a keyword says true. */
  boolean flag(String keyword) {
    JsonNode flag = get(keyword);
    if (!flag.isMissingNode() && !flag.isBoolean()) {
      throw refused(keyword, "is neither true nor false");
    }
    return flag.asBoolean();
  }

  /** A refusal of what a keyword says. */
  OwlException refused(String keyword, String why) {
    return SchemaCompiler.refused(at + "/" + keyword, why);
  }
}
