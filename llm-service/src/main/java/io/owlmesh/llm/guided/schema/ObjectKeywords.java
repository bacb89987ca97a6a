// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.TextNode;
import io.owlmesh.llm.guided.automaton.BoundedAutomata;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;

/**
 * Objects that schemas allow together. Their properties are those that any of them names, in the
 * order in which they are named first; others come behind where a schema describes them.
 */
final class ObjectKeywords {
  private static final JsonNode STRING =
      JsonNodeFactory.instance.objectNode().put("type", "string");

  private final SchemaCompiler compiler;
  private final List<Subschema> schemas;

  ObjectKeywords(SchemaCompiler compiler, List<Subschema> schemas) {
    this.compiler = compiler;
    this.schemas = schemas;
    schemas.forEach(ObjectKeywords::check);
  }

  private static void check(Subschema schema) {
    if (schema.has("properties") && !schema.get("properties").isObject()) {
      throw schema.refused("properties", "is no object");
    }
    JsonNode names = schema.get("required");
    if (schema.has("required") && !names.isArray()) {
      throw schema.refused("required", "is no array");
    }
    for (JsonNode name : names) {
      if (!name.isTextual()) {
        throw schema.refused("required", "holds " + name + ", which is no name");
      }
    }
    JsonNode others = schema.get("additionalProperties");
    if (!others.isMissingNode() && !others.isObject() && !others.isBoolean()) {
      throw schema.refused("additionalProperties", "is neither an object nor true or false");
    }
  }

  Automaton object() {
    Set<String> required = new LinkedHashSet<>();
    Set<String> names = new LinkedHashSet<>();
    for (Subschema schema : schemas) {
      schema.get("properties").fieldNames().forEachRemaining(names::add);
      schema.get("required").forEach(name -> required.add(name.textValue()));
    }
    names.addAll(required);
    boolean named = schemas.stream().anyMatch(schema -> schema.has("propertyNames"));
    boolean described = schemas.stream().anyMatch(ObjectKeywords::describesOthers);
    boolean open = schemas.stream().noneMatch(ObjectKeywords::isClosed);
    if (names.isEmpty() && !named && !described && open) {
      return JsonText.ANY_OBJECT;
    }
    Map<String, Automaton> values = new LinkedHashMap<>();
    names.forEach(name -> values.put(name, value(name)));
    boolean others = open && (named || described || names.isEmpty());
    return JsonText.object(
        values.entrySet().stream()
            .map(entry ->
                new JsonText.Property(
                    entry.getKey(), entry.getValue(), required.contains(entry.getKey())))
            .toList(),
        others ? Optional.of(others(values.keySet())) : Optional.empty());
  }

  private static boolean describesOthers(Subschema schema) {
    JsonNode others = schema.get("additionalProperties");
    return others.isObject() && !others.isEmpty();
  }

  private static boolean isClosed(Subschema schema) {
    JsonNode others = schema.get("additionalProperties");
    return others.isBoolean() && !others.booleanValue();
  }

  /** What the value of a property may be: what every schema says of it, or of others. */
  private Automaton value(String name) {
    List<Subschema> all = new ArrayList<>();
    for (Subschema schema : schemas) {
      if (schema.has("propertyNames")
          && !compiler.validator().accepts(TextNode.valueOf(name), names(schema))) {
        return Automata.makeEmpty();
      }
      JsonNode own = schema.get("properties").get(name);
      if (own != null) {
        all.add(schema.inside(own, "properties/" + Subschema.step(name)));
      } else if (schema.has("additionalProperties")) {
        all.add(additional(schema));
      }
    }
    return compiler.all(all);
  }

  private static Subschema names(Subschema schema) {
    return schema.inside(schema.get("propertyNames"), "propertyNames");
  }

  private static Subschema additional(Subschema schema) {
    return schema.inside(schema.get("additionalProperties"), "additionalProperties");
  }

  /** Members that are not named: name, colon, value. */
  private Automaton others(Set<String> named) {
    List<Subschema> keys = new ArrayList<>();
    List<Subschema> values = new ArrayList<>();
    for (Subschema schema : schemas) {
      if (schema.has("propertyNames")) {
        keys.add(names(schema));
      }
      if (schema.has("additionalProperties")) {
        values.add(additional(schema));
      }
    }
    keys.add(schemas.getFirst().inside(STRING, "propertyNames"));
    Automaton key =
        BoundedAutomata.minus(compiler.all(keys), named.stream().map(JsonText::name).toList());
    return BoundedAutomata.concat(key, JsonText.COLON, compiler.all(values));
  }
}
