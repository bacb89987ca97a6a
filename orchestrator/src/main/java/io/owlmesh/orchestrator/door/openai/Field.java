// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.session.TextRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A value of a request that knows its place; what is not as it must be is refused by that.
 *
 * @param path as {@code messages[0].content}; empty for the whole request
 */
record Field(String path, JsonNode value) {
  /** Whether nothing is said: null is as good as nothing, as clients send it. */
  boolean isAbsent() {
    return value.isMissingNode() || value.isNull();
  }

  Field get(String name) {
    JsonNode inner = value.get(name);
    return new Field(
        path.isEmpty() ? name : path + "." + name,
        inner == null ? MissingNode.getInstance() : inner);
  }

  Field requireObject() {
    requirePresent();
    require(value.isObject(), "is no object");
    return this;
  }

  /** Refuses what nobody would look at. */
  void requireNoneBut(Set<String> known) {
    for (String name : (Iterable<String>) value::fieldNames) {
      Field field = get(name);
      field.require(known.contains(name) || field.isAbsent(), "is not supported");
    }
  }

  /** An array's values. */
  List<Field> items(int least, int most) {
    requirePresent();
    require(value.isArray(), "is no array");
    require(
        value.size() >= least && value.size() <= most,
        "has %d items, allowed are %d to %d".formatted(value.size(), least, most));
    List<Field> items = new ArrayList<>();
    for (int i = 0; i < value.size(); i++) {
      items.add(new Field(path + "[" + i + "]", value.get(i)));
    }
    return items;
  }

  String text() {
    requirePresent();
    require(value.isTextual(), "is no string");
    TextRules.requireWhole(path, value.textValue());
    return value.textValue();
  }

  /** Whether it is this value. */
  boolean is(Object constant) {
    return switch (constant) {
      case String text -> value.isTextual() && value.textValue().equals(text);
      case Boolean flag -> value.isBoolean() && value.booleanValue() == flag;
      case Number number -> value.isNumber() && value.doubleValue() == number.doubleValue();
      default -> throw new IllegalArgumentException(constant + " is no constant of JSON");
    };
  }

  /** A text that may be long and is looked at in another way, as a data: URL is. */
  String longText() {
    requirePresent();
    require(value.isTextual(), "is no string");
    return value.textValue();
  }

  /** One of some words. */
  String word(String... known) {
    String word = text();
    List<String> words = List.of(known);
    require(words.contains(word), "'%s' is none of %s".formatted(shown(word), words));
    return word;
  }

  private void requirePresent() {
    require(!isAbsent(), "is missing");
  }

  boolean flag() {
    require(value.isBoolean(), "is neither true nor false");
    return value.booleanValue();
  }

  int integer(int least, int most) {
    require(
        value.isIntegralNumber()
            && value.canConvertToInt()
            && value.intValue() >= least
            && value.intValue() <= most,
        "%s, allowed is a whole number of %d to %d".formatted(shown(), least, most));
    return value.intValue();
  }

  long wide() {
    require(
        value.isIntegralNumber() && value.canConvertToLong(),
        shown() + " is no whole number of 64 bits");
    return value.longValue();
  }

  float number(float least, float most) {
    require(
        value.isNumber() && value.floatValue() >= least && value.floatValue() <= most,
        "%s, allowed is %s to %s".formatted(shown(), least, most));
    return value.floatValue();
  }

  private String shown() {
    return shown(value.toString());
  }

  static String shown(String text) {
    return text.length() > 40 ? text.substring(0, 40) + "…" : text;
  }

  /** Refuses the value unless something holds. */
  void require(boolean holds, String otherwise) {
    if (!holds) {
      throw refused(otherwise);
    }
  }

  OwlException refused(String why) {
    return refused(ErrorCode.INVALID_VALUE, why);
  }

  OwlException refused(ErrorCode code, String why) {
    return new OwlException(code, path.isEmpty() ? "body" : path, why);
  }
}
