// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import com.fasterxml.jackson.databind.JsonNode;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** What an answer must match, by whichever of its names a client says it; one of them at most. */
final class StructuredOutputs {
  /** An object of any properties: what "json_object" promises. */
  private static final String ANY_OBJECT = "{\"type\":\"object\"}";

  private static final Set<String> OFF = Set.of("disable_fallback", "disable_any_whitespace");
  private static final int MAX_CHOICES = 1024;

  private final AnswerOptions.Builder options;
  private String said = "";

  private StructuredOutputs(AnswerOptions.Builder options) {
    this.options = options;
  }

  /** Reads them all. */
  static void read(Field request, AnswerOptions.Builder options) {
    StructuredOutputs outputs = new StructuredOutputs(options);
    outputs.regex(request.get("regex"));
    outputs.format(request.get("response_format"));
    outputs.regex(request.get("guided_regex"));
    outputs.json(request.get("guided_json"));
    outputs.choice(request.get("guided_choice"));
    outputs.structured(request.get("structured_outputs"));
  }

  /** Whether a field says something that no other has said before. */
  private boolean says(Field field) {
    if (field.isAbsent()) {
      return false;
    }
    field.require(said.isEmpty(), "cannot be combined with " + said);
    said = field.path();
    return true;
  }

  private void regex(Field regex) {
    if (says(regex)) {
      options.setRegex(regex.text());
    }
  }

  /** A schema, also one that is written as a string. */
  private void json(Field schema) {
    if (says(schema)) {
      JsonNode value = schema.value();
      schema.require(value.isObject() || value.isTextual(), "is no schema");
      options.setJsonSchema(value.isTextual() ? schema.text() : value.toString());
    }
  }

  private void choice(Field choice) {
    if (says(choice)) {
      options.setRegex(
          choice.items(1, MAX_CHOICES).stream()
              .map(text -> escaped(text.text()))
              .collect(Collectors.joining("|")));
    }
  }

  private static String escaped(String text) {
    return text.replaceAll("[\\\\^$.|?*+()\\[\\]{}]", "\\\\$0");
  }

  private void format(Field format) {
    if (format.isAbsent()) {
      return;
    }
    Field type = format.requireObject().get("type");
    switch (type.word("text", "json_object", "json_schema")) {
      case "json_object" -> anyObject(format);
      case "json_schema" -> {
        Field named = format.get("json_schema").requireObject();
        named.requireNoneBut(Set.of("name", "description", "schema", "strict"));
        if (says(format)) {
          options.setJsonSchema(named.get("schema").requireObject().value().toString());
        }
      }
      default -> {}
    }
  }

  private void anyObject(Field field) {
    if (says(field)) {
      options.setJsonSchema(ANY_OBJECT);
    }
  }

  private void structured(Field outputs) {
    if (outputs.isAbsent()) {
      return;
    }
    List<String> read = new ArrayList<>(List.of("json", "regex", "choice", "json_object"));
    for (String name : OFF) {
      if (outputs.requireObject().get(name).is(false)) {
        read.add(name);
      }
    }
    outputs.requireObject().requireNoneBut(Set.copyOf(read));
    json(outputs.get("json"));
    regex(outputs.get("regex"));
    choice(outputs.get("choice"));
    Field object = outputs.get("json_object");
    if (!object.isAbsent() && object.flag()) {
      anyObject(object);
    }
  }
}
