// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided.schema;

import io.owlmesh.llm.guided.automaton.BoundedAutomata;
import io.owlmesh.llm.guided.automaton.RegexParser;
import io.owlmesh.llm.guided.automaton.Utf8;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.PatternSyntaxException;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;

/** Strings of some length, that match patterns and have a format. */
final class StringKeywords {
  private StringKeywords() {}

  /** The strings that schemas allow together, as JSON. */
  static Automaton string(List<Subschema> schemas) {
    int min = 0;
    int max = BoundedAutomata.UNLIMITED;
    List<Automaton> contents = new ArrayList<>();
    for (Subschema schema : schemas) {
      min = Math.max(min, schema.count("minLength", 0));
      max = ArrayKeywords.least(max, schema.count("maxLength", BoundedAutomata.UNLIMITED));
      pattern(schema, JsonText.CHARACTER).ifPresent(contents::add);
      StringFormat.of(schema).ifPresent(contents::add);
    }
    if (max != BoundedAutomata.UNLIMITED && max < min) {
      return Automata.makeEmpty();
    }
    if (contents.isEmpty()) {
      return JsonText.string(BoundedAutomata.repeat(JsonText.CHARACTER, min, max));
    }
    Automaton content = contents.removeFirst();
    for (Automaton other : contents) {
      content = BoundedAutomata.intersection(content, other);
    }
    boolean bounded = min > 0 || max != BoundedAutomata.UNLIMITED;
    return JsonText.string(
        bounded
            ? BoundedAutomata.intersection(content, BoundedAutomata.repeat(Utf8.ANY, min, max))
            : content);
  }

  /**
   * What a schema's pattern is found in.
   *
   * @param character of what stands around it
   */
  static Optional<Automaton> pattern(Subschema schema, Automaton character) {
    if (!schema.has("pattern")) {
      return Optional.empty();
    }
    if (!schema.get("pattern").isTextual()) {
      throw schema.refused("pattern", "is no string");
    }
    try {
      return Optional.of(RegexParser.search(schema.get("pattern").textValue(), character));
    } catch (PatternSyntaxException e) {
      throw schema.refused("pattern", RegexParser.sentence(e));
    }
  }
}
