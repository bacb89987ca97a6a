// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided.schema;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.google.common.collect.ImmutableMultiset;
import io.owlmesh.core.OwlException;
import io.owlmesh.llm.guided.automaton.BoundedAutomata;
import io.owlmesh.llm.guided.schema.Conjunction.Choice;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;

/**
 * Compiles a JSON schema (2020-12) to the texts of values that it allows. Schemas that hold for the
 * same value are merged keyword by keyword; what a schema has and this compiler lacks is refused by
 * its pointer.
 */
public final class SchemaCompiler {
  public static final String FIELD = "json_schema";
  private static final int MAX_EXCLUSIVE = 100;
  // Deep enough for people, and no danger for the stack.
  static final int MAX_DEPTH = 100;
  private static final int MAX_SIZE = 2_000_000;
  // Values that are compiled, equal ones once: choices inside of choices would take for ever.
  private static final int MAX_WORK = 10_000;

  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(4 * MAX_DEPTH).build())
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  private final SchemaReferences references;
  private final SchemaValidator validator;
  private final Map<List<Place>, Automaton> compiled = new HashMap<>();
  private int depth;
  private int work;
  private long size;

  /** A schema by its pointer, and how deep in recursion it is. */
  private record Place(String at, ImmutableMultiset<String> around) {}

  private SchemaCompiler(JsonNode root) {
    this.references = new SchemaReferences(root);
    this.validator = new SchemaValidator(references);
  }

  /**
   * The texts of all values that a schema allows, as far as they are compact and have the order of
   * its properties.
   *
   * @throws OwlException BAD_INPUT naming the JSON pointer, if it is malformed or has what is not
   *     supported
   * @throws BoundedAutomata.TooLargeException if it takes too much
   */
  public static Automaton compile(String schema) {
    JsonNode root;
    try {
      root = MAPPER.readTree(schema);
    } catch (JsonProcessingException e) {
      throw OwlException.badInput(FIELD, "cannot be read: " + e.getOriginalMessage());
    }
    return new SchemaCompiler(root).all(List.of(Subschema.root(root)));
  }

  SchemaValidator validator() {
    return validator;
  }

  /** The values that all of some schemas allow; any if there are none. */
  Automaton all(List<Subschema> schemas) {
    List<Place> key =
        schemas.stream().map(schema -> new Place(schema.at(), schema.around())).toList();
    Automaton known = compiled.get(key);
    if (known == null) {
      known = counted(Conjunction.of(schemas, references));
      compiled.put(key, known);
    }
    return known;
  }

  private Automaton counted(Conjunction schemas) {
    if (++depth > MAX_DEPTH) {
      throw refused(
          schemas.plain().getFirst().at(), "more than " + MAX_DEPTH + " schemas inside each other");
    }
    if (++work > MAX_WORK) {
      throw new BoundedAutomata.TooLargeException();
    }
    Automaton values = values(schemas);
    depth--;
    // All together, since they are held until they are joined.
    size += BoundedAutomata.size(values);
    if (size > MAX_SIZE) {
      throw new BoundedAutomata.TooLargeException();
    }
    return values;
  }

  private Automaton values(Conjunction schemas) {
    if (!schemas.possible()) {
      return Automata.makeEmpty();
    }
    Optional<List<JsonNode>> named = named(schemas);
    if (named.isPresent()) {
      return union(named.get().stream().map(JsonText::value).toList());
    }
    if (!schemas.choices().isEmpty()) {
      return choose(schemas);
    }
    return JsonType.of(schemas.plain())
        .map(types -> union(types.stream().map(type -> typed(type, schemas.plain())).toList()))
        .orElse(JsonText.ANY);
  }

  private static Automaton union(List<Automaton> parts) {
    return parts.isEmpty() ? Automata.makeEmpty() : BoundedAutomata.union(parts);
  }

  private Automaton typed(JsonType type, List<Subschema> schemas) {
    return switch (type) {
      case STRING -> StringKeywords.string(schemas);
      case INTEGER -> NumberKeywords.integer(schemas);
      case NUMBER -> NumberKeywords.number(schemas);
      case BOOLEAN -> JsonText.BOOLEAN;
      case NULL -> JsonText.NULL;
      case OBJECT -> new ObjectKeywords(this, schemas).object();
      case ARRAY -> new ArrayKeywords(this, schemas).array();
    };
  }

  /** The values that enum and const name, as far as all else allows them. */
  private Optional<List<JsonNode>> named(Conjunction schemas) {
    for (Subschema schema : schemas.plain()) {
      boolean one = schema.has("const");
      if (one || schema.has("enum")) {
        Iterable<JsonNode> values =
            one ? List.of(schema.get("const")) : SchemaKeywords.nonEmpty(schema, "enum");
        return Optional.of(allowed(values, schemas));
      }
    }
    return Optional.empty();
  }

  private List<JsonNode> allowed(Iterable<JsonNode> values, Conjunction schemas) {
    List<JsonNode> allowed = new ArrayList<>();
    for (JsonNode value : values) {
      if (validator.accepts(value, schemas)) {
        allowed.add(value);
      }
    }
    return allowed;
  }

  /** All values that schemas allow, each once, if they are few and named. */
  Optional<List<JsonNode>> enumerated(List<Subschema> schemas) {
    Conjunction all = Conjunction.of(schemas, references);
    Optional<List<JsonNode>> named = named(all);
    if (named.isEmpty()) {
      Set<JsonType> types = JsonType.of(all.plain()).orElse(Set.of(JsonType.STRING));
      if (!Set.of(JsonType.BOOLEAN, JsonType.NULL).containsAll(types)) {
        return Optional.empty();
      }
      named =
          Optional.of(
              allowed(List.of(BooleanNode.FALSE, BooleanNode.TRUE, NullNode.instance), all));
    }
    List<JsonNode> distinct = new ArrayList<>();
    for (JsonNode value : named.get()) {
      if (distinct.stream().noneMatch(one -> SchemaValidator.same(one, value))) {
        distinct.add(value);
      }
    }
    return Optional.of(distinct);
  }

  private Automaton choose(Conjunction schemas) {
    Choice choice = schemas.choices().getFirst();
    List<Automaton> options = new ArrayList<>();
    for (Subschema option : choice.options()) {
      options.add(counted(schemas.choosing(List.of(option), references)));
    }
    if (choice.exclusive()) {
      checkExclusive(schemas, options);
    }
    return union(options);
  }

  /** Refuses alternatives of which one allows what is generated for another. */
  private void checkExclusive(Conjunction schemas, List<Automaton> options) {
    Choice choice = schemas.choices().getFirst();
    if (options.size() > MAX_EXCLUSIVE) {
      throw refused(choice.at(), options.size() + " alternatives, the limit is " + MAX_EXCLUSIVE);
    }
    for (int i = 0; i < options.size(); i++) {
      for (int j = 0; j < i; j++) {
        List<Subschema> pair = List.of(choice.options().get(j), choice.options().get(i));
        Automaton both = counted(schemas.choosing(pair, references));
        if (meet(both, options.get(j))
            || meet(both, options.get(i))
            || meet(options.get(j), options.get(i))) {
          throw refused(
              choice.at(),
              "the alternatives " + j + " and " + i + " overlap; anyOf would allow that");
        }
      }
    }
  }

  private static boolean meet(Automaton a, Automaton b) {
    return !Operations.isEmpty(BoundedAutomata.intersection(a, b));
  }

  /** A refusal of what a JSON pointer leads to. */
  static OwlException refused(String at, String why) {
    return OwlException.badInput(FIELD, at + ": " + why);
  }
}
