// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.json;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/**
 * Reads the keys of one JSON object of a checkpoint, with a default for what is absent or null.
 * What is not possible becomes a problem that names the file and the key, and reading goes on.
 */
public interface ConfigReader {
  /** The object under a key; one without keys if there is none. */
  ConfigReader child(String key);

  boolean isPresent(String key);

  /** The value as it is. */
  JsonNode raw(String key);

  /** An integer from 1 to {@code most}. */
  int count(String key, int absent, int most);

  /** An integer from {@code least} to {@code most}. */
  int number(String key, int absent, int least, int most);

  /** A number above 0, up to {@code most}. */
  double positive(String key, double absent, double most);

  boolean flag(String key, boolean absent);

  Optional<String> text(String key);

  /** Notes that a value is not possible. */
  void problem(String key, String message);

  /** Notes that something is required of these values together. */
  void require(boolean holds, String message);
}
