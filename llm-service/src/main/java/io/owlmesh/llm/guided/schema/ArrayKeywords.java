// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided.schema;

import com.fasterxml.jackson.databind.JsonNode;
import io.owlmesh.llm.guided.automaton.BoundedAutomata;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;

/** Arrays that schemas allow together. After prefixItems come others where "items" says so. */
final class ArrayKeywords {
  private final SchemaCompiler compiler;
  private final List<Subschema> schemas;
  private final int prefix;
  private final int min;
  private final int max;

  ArrayKeywords(SchemaCompiler compiler, List<Subschema> schemas) {
    this.compiler = compiler;
    this.schemas = schemas;
    int least = 0;
    int most = BoundedAutomata.UNLIMITED;
    int first = 0;
    for (Subschema schema : schemas) {
      least = Math.max(least, schema.count("minItems", 0));
      most = least(most, schema.count("maxItems", BoundedAutomata.UNLIMITED));
      if (schema.has("prefixItems")) {
        first = Math.max(first, SchemaKeywords.nonEmpty(schema, "prefixItems").size());
      }
    }
    boolean closed = first > 0 && schemas.stream().noneMatch(one -> one.has("items"));
    this.prefix = first;
    this.min = least;
    this.max = closed ? least(most, first) : most;
  }

  /** The smaller of two limits, either of which may be none. */
  static int least(int a, int b) {
    return a == BoundedAutomata.UNLIMITED ? b : b == BoundedAutomata.UNLIMITED ? a : Math.min(a, b);
  }

  Automaton array() {
    if (max != BoundedAutomata.UNLIMITED && max < min) {
      return Automata.makeEmpty();
    }
    for (Subschema schema : schemas) {
      if (schema.flag("uniqueItems") && max != 0 && max != 1) {
        return unique(schema);
      }
    }
    Automaton others = compiler.all(items(prefix));
    return prefix == 0 ? JsonText.array(others, min, max) : tuple(others);
  }

  private Automaton unique(Subschema schema) {
    List<JsonNode> values =
        prefix > 0
            ? List.of()
            : compiler
                .enumerated(items(0))
                .orElseThrow(() ->
                    schema.refused(
                        "uniqueItems", "is supported where enum or const name the items"));
    if (prefix > 0) {
      throw schema.refused("uniqueItems", "is not supported beside prefixItems");
    }
    if (values.size() > UniqueItems.MAX_VALUES) {
      throw schema.refused(
          "uniqueItems",
          "%d items to choose from, the limit is %d"
              .formatted(values.size(), UniqueItems.MAX_VALUES));
    }
    List<Automaton> texts = new ArrayList<>();
    values.stream().map(JsonText::value).filter(one -> one.getNumStates() > 0).forEach(texts::add);
    return new UniqueItems(texts, min, max == BoundedAutomata.UNLIMITED ? texts.size() : max)
        .automaton();
  }

  /** What holds for the item of an index; for all behind, if it is that of the first behind. */
  private List<Subschema> items(int index) {
    List<Subschema> all = new ArrayList<>();
    for (Subschema schema : schemas) {
      JsonNode first = schema.get("prefixItems").path(index);
      if (!first.isMissingNode()) {
        all.add(schema.inside(first, "prefixItems/" + index));
      } else if (schema.has("items")) {
        all.add(schema.inside(schema.get("items"), "items"));
      }
    }
    return all;
  }

  /** Built from its end: what may follow so many items. */
  private Automaton tuple(Automaton others) {
    Function<Automaton, Automaton> next = item -> BoundedAutomata.concat(JsonText.COMMA, item);
    int more = max == BoundedAutomata.UNLIMITED ? BoundedAutomata.UNLIMITED : max - prefix;
    Automaton rest =
        more == BoundedAutomata.UNLIMITED || more > 0
            ? BoundedAutomata.repeat(next.apply(others), Math.max(min - prefix, 0), more)
            : Automata.makeEmptyString();
    for (int i = prefix - 1; i >= 0; i--) {
      if (max != BoundedAutomata.UNLIMITED && i >= max) {
        rest = Automata.makeEmptyString();
        continue;
      }
      Automaton item = compiler.all(items(i));
      Automaton going = BoundedAutomata.concat(i == 0 ? item : next.apply(item), rest);
      rest = i >= min ? BoundedAutomata.optional(going) : going;
    }
    return JsonText.enclosed("[", rest, "]");
  }
}
