// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * All schemas that one value has to keep: those that $ref and allOf lead to stand beside those that
 * had them, and what anyOf and oneOf leave open is still to be chosen.
 *
 * @param plain of which every keyword but $ref, allOf, anyOf and oneOf counts
 * @param choices still to be made
 * @param possible false if no value keeps them
 */
record Conjunction(List<Subschema> plain, List<Choice> choices, boolean possible) {
  /**
   * Schemas of which at least one holds.
   *
   * @param exclusive whether at most one does, too
   */
  record Choice(List<Subschema> options, boolean exclusive, String at) {}

  /**
   * Schemas that hold together.
   *
   * @throws io.owlmesh.core.OwlException BAD_INPUT naming the pointer of what is not supported
   */
  static Conjunction of(List<Subschema> schemas, SchemaReferences references) {
    List<Subschema> plain = new ArrayList<>();
    List<Choice> choices = new ArrayList<>();
    boolean possible = true;
    Deque<Subschema> open = new ArrayDeque<>(schemas);
    for (Subschema next = open.poll(); next != null; next = open.poll()) {
      if (next.node().isBoolean()) {
        possible &= next.node().booleanValue();
        continue;
      }
      SchemaKeywords.check(next);
      plain.add(next);
      possible &= !next.has("not");
      if (next.has("$ref")) {
        var target = references.follow(next);
        target.ifPresent(open::addFirst);
        possible &= target.isPresent();
      }
      if (next.has("allOf")) {
        open.addAll(members(next, "allOf"));
      }
      if (next.has("anyOf")) {
        choices.add(new Choice(members(next, "anyOf"), false, next.at() + "/anyOf"));
      }
      if (next.has("oneOf")) {
        choices.add(new Choice(members(next, "oneOf"), true, next.at() + "/oneOf"));
      }
    }
    return new Conjunction(plain, choices, possible);
  }

  /** The same with options of the first choice. */
  Conjunction choosing(List<Subschema> options, SchemaReferences references) {
    Conjunction more = of(options, references);
    List<Subschema> all = new ArrayList<>(plain);
    all.addAll(more.plain);
    List<Choice> left = new ArrayList<>(choices.subList(1, choices.size()));
    left.addAll(more.choices);
    return new Conjunction(all, left, possible && more.possible);
  }

  private static List<Subschema> members(Subschema of, String keyword) {
    List<Subschema> members = new ArrayList<>();
    for (JsonNode member : SchemaKeywords.nonEmpty(of, keyword)) {
      members.add(of.beside(member, keyword + "/" + members.size()));
    }
    return members;
  }
}
