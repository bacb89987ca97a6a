// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.owlmesh.core.OwlException;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.PatternSyntaxException;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;

/**
 * Compiles a JSON schema (2020-12) to the texts of values that it allows. What it has and this
 * compiler lacks is refused by name. Objects get no properties but those that are named.
 */
final class SchemaCompiler {
  static final String FIELD = "json_schema";
  private static final int MAX_EXCLUSIVE = 100;
  // Deep enough for people, and no danger for the stack.
  private static final int MAX_DEPTH = 100;
  private static final int MAX_SIZE = 2_000_000;

  private static final Set<String> WITHOUT_MEANING =
      Set.of("title", "description", "default", "examples", "$comment", "$schema", "$id");
  private static final Set<String> FOR_ALL_TYPES =
      Set.of("type", "enum", "const", "anyOf", "oneOf", "$ref", "$defs", "definitions");

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

  private final JsonNode root;
  private final Map<String, Automaton> referred = new HashMap<>();
  private final Set<String> open = new HashSet<>();
  private int depth;
  private long size;

  private SchemaCompiler(JsonNode root) {
    this.root = root;
  }

  /**
   * The texts of all values that a schema allows, as far as they are compact and have the order of
   * its properties.
   *
   * @throws OwlException BAD_INPUT naming the JSON pointer, if it is malformed or has what is not
   *     supported
   * @throws BoundedAutomata.TooLargeException if it takes too much
   */
  static Automaton compile(String schema) {
    JsonNode root;
    try {
      root = MAPPER.readTree(schema);
    } catch (JsonProcessingException e) {
      throw OwlException.badInput(FIELD, "cannot be read: " + e.getOriginalMessage());
    }
    SchemaCompiler compiler = new SchemaCompiler(root);
    compiler.open.add("#");
    return compiler.schema(root, "#");
  }

  private Automaton schema(JsonNode schema, String at) {
    if (++depth > MAX_DEPTH) {
      throw refused(at, "more than " + MAX_DEPTH + " schemas inside each other");
    }
    Automaton values = values(schema, at);
    depth--;
    // All together, since they are held until they are joined.
    size += BoundedAutomata.size(values);
    if (size > MAX_SIZE) {
      throw new BoundedAutomata.TooLargeException();
    }
    return values;
  }

  private Automaton values(JsonNode schema, String at) {
    if (schema.isBoolean()) {
      return schema.booleanValue() ? JsonText.ANY : Automata.makeEmpty();
    }
    if (!schema.isObject()) {
      throw refused(at, "is neither an object nor true or false");
    }
    checkKeywords(schema, at);
    List<Automaton> all = new ArrayList<>();
    Set<JsonType> types = JsonType.of(schema, at);
    if (!types.isEmpty()) {
      all.add(BoundedAutomata.union(types.stream().map(type -> typed(type, schema, at)).toList()));
    }
    if (schema.has("enum")) {
      all.add(BoundedAutomata.union(enumerated(schema.get("enum"), at + "/enum")));
    }
    if (schema.has("const")) {
      all.add(JsonText.value(schema.get("const")));
    }
    if (schema.has("anyOf")) {
      all.add(BoundedAutomata.union(alternatives(schema.get("anyOf"), at + "/anyOf")));
    }
    if (schema.has("oneOf")) {
      all.add(oneOf(alternatives(schema.get("oneOf"), at + "/oneOf"), at + "/oneOf"));
    }
    if (schema.has("$ref")) {
      all.add(reference(schema.get("$ref"), at + "/$ref"));
    }
    return all.stream().reduce(BoundedAutomata::intersection).orElse(JsonText.ANY);
  }

  private static void checkKeywords(JsonNode schema, String at) {
    for (Map.Entry<String, JsonNode> entry : schema.properties()) {
      String keyword = entry.getKey();
      boolean known =
          WITHOUT_MEANING.contains(keyword)
              || FOR_ALL_TYPES.contains(keyword)
              || JsonType.hasKeyword(keyword);
      if (!known) {
        throw refused(at, "the keyword '" + keyword + "' is not supported");
      }
    }
  }

  private Automaton typed(JsonType type, JsonNode schema, String at) {
    return switch (type) {
      case STRING -> string(schema, at);
      case INTEGER -> RegexParser.whole(new Numbers(schema, at).range().regex());
      case NUMBER -> JsonText.NUMBER;
      case BOOLEAN -> JsonText.BOOLEAN;
      case NULL -> JsonText.NULL;
      case OBJECT -> object(schema, at);
      case ARRAY -> {
        Numbers numbers = new Numbers(schema, at);
        Automaton item =
            schema.has("items") ? schema(schema.get("items"), at + "/items") : JsonText.ANY;
        yield JsonText.array(
            item,
            numbers.count("minItems", 0),
            numbers.count("maxItems", BoundedAutomata.UNLIMITED));
      }
    };
  }

  private static Automaton string(JsonNode schema, String at) {
    Numbers numbers = new Numbers(schema, at);
    int min = numbers.count("minLength", 0);
    int max = numbers.count("maxLength", BoundedAutomata.UNLIMITED);
    if (max != BoundedAutomata.UNLIMITED && max < min) {
      return Automata.makeEmpty();
    }
    if (!schema.has("pattern")) {
      return JsonText.string(BoundedAutomata.repeat(JsonText.CHARACTER, min, max));
    }
    String where = at + "/pattern";
    if (!schema.get("pattern").isTextual()) {
      throw refused(where, "is no string");
    }
    Automaton content;
    try {
      content = RegexParser.search(schema.get("pattern").textValue(), JsonText.CHARACTER);
    } catch (PatternSyntaxException e) {
      throw refused(where, Constraints.sentence(e));
    }
    boolean bounded = schema.has("minLength") || schema.has("maxLength");
    return JsonText.string(
        bounded
            ? BoundedAutomata.intersection(content, BoundedAutomata.repeat(Utf8.ANY, min, max))
            : content);
  }

  private Automaton object(JsonNode schema, String at) {
    JsonNode named = schema.path("properties");
    if (!named.isObject() && !named.isMissingNode()) {
      throw refused(at + "/properties", "is no object");
    }
    if (!schema.path("additionalProperties").isBoolean() && schema.has("additionalProperties")) {
      throw refused(at + "/additionalProperties", "is supported as true or false alone");
    }
    Set<String> required = required(schema.path("required"), at + "/required");
    if (named.isMissingNode() && required.isEmpty() && isOpen(schema)) {
      return JsonText.ANY_OBJECT;
    }
    List<JsonText.Property> properties = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : named.properties()) {
      String name = entry.getKey();
      Automaton value = schema(entry.getValue(), at + "/properties/" + escaped(name));
      properties.add(new JsonText.Property(name, value, required.remove(name)));
    }
    if (!required.isEmpty()) {
      throw refused(
          at + "/required",
          "'"
              + required.iterator().next()
              + "' is not among the properties, which are all there"
              + " can be");
    }
    return JsonText.object(properties);
  }

  private static boolean isOpen(JsonNode schema) {
    return schema.path("additionalProperties").asBoolean(true);
  }

  private static Set<String> required(JsonNode names, String at) {
    Set<String> required = new HashSet<>();
    for (JsonNode name : names) {
      if (!name.isTextual()) {
        throw refused(at, "holds " + name + ", which is no name");
      }
      required.add(name.textValue());
    }
    if (!names.isArray() && !names.isMissingNode()) {
      throw refused(at, "is no array");
    }
    return required;
  }

  private static List<Automaton> enumerated(JsonNode values, String at) {
    List<Automaton> automata = new ArrayList<>();
    for (JsonNode value : nonEmpty(values, at)) {
      automata.add(JsonText.value(value));
    }
    return automata;
  }

  private List<Automaton> alternatives(JsonNode schemas, String at) {
    List<Automaton> automata = new ArrayList<>();
    for (JsonNode schema : nonEmpty(schemas, at)) {
      automata.add(schema(schema, at + "/" + automata.size()));
    }
    return automata;
  }

  private static JsonNode nonEmpty(JsonNode array, String at) {
    if (!array.isArray() || array.isEmpty()) {
      throw refused(at, "is no array with at least one element");
    }
    return array;
  }

  private static Automaton oneOf(List<Automaton> alternatives, String at) {
    if (alternatives.size() > MAX_EXCLUSIVE) {
      throw refused(at, alternatives.size() + " alternatives, the limit is " + MAX_EXCLUSIVE);
    }
    for (int i = 0; i < alternatives.size(); i++) {
      for (int j = 0; j < i; j++) {
        if (!Operations.isEmpty(
            BoundedAutomata.intersection(alternatives.get(j), alternatives.get(i)))) {
          throw refused(
              at, "the alternatives " + j + " and " + i + " overlap; anyOf would allow that");
        }
      }
    }
    return BoundedAutomata.union(alternatives);
  }

  private Automaton reference(JsonNode reference, String at) {
    String target = reference.asText();
    Automaton known = referred.get(target);
    if (known != null) {
      return known;
    }
    JsonNode schema = find(target, at);
    if (!open.add(target)) {
      throw refused(at, "'" + target + "' leads to itself; recursion is not supported");
    }
    Automaton automaton = schema(schema, target);
    open.remove(target);
    referred.put(target, automaton);
    return automaton;
  }

  private JsonNode find(String target, String at) {
    if (!target.startsWith("#")) {
      throw refused(at, "'" + target + "' is not supported; it must begin with '#'");
    }
    try {
      JsonNode found = root.at(JsonPointer.compile(URI.create(target).getFragment()));
      if (!found.isMissingNode()) {
        return found;
      }
    } catch (IllegalArgumentException _) {
      // No pointer, so it leads nowhere either.
    }
    throw refused(at, "'" + target + "' leads nowhere");
  }

  private static String escaped(String name) {
    return name.replace("~", "~0").replace("/", "~1");
  }

  /** A refusal of what a JSON pointer leads to. */
  static OwlException refused(String at, String why) {
    return OwlException.badInput(FIELD, at + ": " + why);
  }
}
