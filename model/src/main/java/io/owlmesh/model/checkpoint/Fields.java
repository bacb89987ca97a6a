// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/**
 * Reads the keys of one JSON object, with a default for what is absent or null, and notes each
 * value that is not possible.
 */
final class Fields {
  private final String where;
  private final JsonNode node;
  private final Problems problems;

  /**
   * @param where prefix of the keys in problems, for example {@code config.json, text_config}
   */
  Fields(String where, JsonNode node, Problems problems) {
    this.where = where;
    this.node = node;
    this.problems = problems;
  }

  Fields child(String key) {
    JsonNode child = node.path(key);
    if (isPresent(key) && !child.isObject()) {
      problems.add(where, key + " is not an object");
    }
    return new Fields(where + ", " + key, child, problems);
  }

  boolean isPresent(String key) {
    return !node.path(key).isMissingNode() && !node.path(key).isNull();
  }

  JsonNode raw(String key) {
    return node.path(key);
  }

  /** An integer from 1 to {@code most}. */
  int count(String key, int absent, int most) {
    return number(key, absent, 1, most);
  }

  int number(String key, int absent, int least, int most) {
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

  /** A number above 0, up to {@code most}. */
  double positive(String key, double absent, double most) {
    if (!isPresent(key)) {
      return absent;
    }
    JsonNode value = node.path(key);
    // Some writers print 1e-06 as text because YAML reads it so.
    double number = value.asDouble(Double.NaN);
    if (!(number > 0 && number <= most)) {
      problem(key, value + "; expected a number above 0, up to " + most);
      return absent;
    }
    return number;
  }

  boolean flag(String key, boolean absent) {
    return isPresent(key) ? node.path(key).asBoolean(absent) : absent;
  }

  Optional<String> text(String key) {
    return isPresent(key) ? Optional.of(node.path(key).asText()) : Optional.empty();
  }

  void problem(String key, String message) {
    problems.add(where, key + " is " + message);
  }

  /** Notes that something is required of these values together. */
  void require(boolean holds, String message) {
    if (!holds) {
      problems.add(where, message);
    }
  }
}
