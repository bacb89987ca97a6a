// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.json;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/**
 * Reads the keys of one JSON object, with a default for what is absent or null, and notes each
 * value that is not possible.
 */
public final class JsonFields implements ConfigReader {
  private final String where;
  private final JsonNode node;
  private final Problems problems;

  /**
   * @param where prefix of the keys in problems, for example {@code config.json, text_config}
   */
  public JsonFields(String where, JsonNode node, Problems problems) {
    this.where = where;
    this.node = node;
    this.problems = problems;
  }

  @Override
  public JsonFields child(String key) {
    JsonNode child = node.path(key);
    if (isPresent(key) && !child.isObject()) {
      problems.add(where, key + " is not an object");
    }
    return new JsonFields(where + ", " + key, child, problems);
  }

  @Override
  public boolean isPresent(String key) {
    return !node.path(key).isMissingNode() && !node.path(key).isNull();
  }

  @Override
  public JsonNode raw(String key) {
    return node.path(key);
  }

  @Override
  public int count(String key, int absent, int most) {
    return number(key, absent, 1, most);
  }

  @Override
  public int number(String key, int absent, int least, int most) {
    if (!isPresent(key)) {
      return absent;
    }
    JsonNode value = node.path(key);
    if (!value.isIntegralNumber()
        || !value.canConvertToInt()
        || value.asInt() < least
        || value.asInt() > most) {
      problem(key, value + "; expected an integer from " + least + " to " + most);
      return absent;
    }
    return value.asInt();
  }

  @Override
  public double positive(String key, double absent, double most) {
    if (!isPresent(key)) {
      return absent;
    }
    JsonNode value = node.path(key);
    // Some writers print 1e-06 as text because YAML reads it so.
    double number = value.isNumber() || value.isTextual() ? value.asDouble(Double.NaN) : Double.NaN;
    if (!(number > 0 && number <= most)) {
      problem(key, value + "; expected a number above 0, up to " + most);
      return absent;
    }
    return number;
  }

  @Override
  public boolean flag(String key, boolean absent) {
    if (!isPresent(key)) {
      return absent;
    }
    JsonNode value = node.path(key);
    if (!value.isBoolean()) {
      problem(key, value + "; expected true or false");
      return absent;
    }
    return value.asBoolean();
  }

  @Override
  public Optional<String> text(String key) {
    if (!isPresent(key)) {
      return Optional.empty();
    }
    JsonNode value = node.path(key);
    if (!value.isTextual()) {
      problem(key, value + "; expected a text");
      return Optional.empty();
    }
    return Optional.of(value.asText());
  }

  @Override
  public void problem(String key, String message) {
    problems.add(where, key + " is " + message);
  }

  @Override
  public void require(boolean holds, String message) {
    if (!holds) {
      problems.add(where, message);
    }
  }
}
