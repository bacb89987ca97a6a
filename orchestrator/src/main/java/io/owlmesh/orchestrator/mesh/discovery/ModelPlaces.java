// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.discovery;

import io.owlmesh.core.OwlException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A model and where its replicas are.
 *
 * @param name that requests choose it by; empty for the one that the settings tell, which is called
 *     what its language model says
 * @param vision where its replicas of the vision service are, as {@link ReplicaAddressSource} reads
 *     it
 * @param abstractor the same of the abstractor service
 * @param llm the same of the language model service
 * @param defaultAdapter of requests that name none; empty for the base model alone
 */
public record ModelPlaces(
    String name, String vision, String abstractor, String llm, String defaultAdapter) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
  private static final Set<String> KEYS = Set.of("vision", "abstractor", "llm", "default-adapter");
  private static final int MAX_VALUE = 8_192;

  /**
   * Checks a name.
   *
   * @param field where it comes from
   * @throws OwlException BAD_INPUT saying what is allowed
   */
  public static String requireName(String field, String name) {
    if (!NAME.matcher(name).matches()) {
      throw OwlException.badInput(
          field,
          "'%s'; a model's name is 1 to 64 of A-Z, a-z, 0-9, '.', '_' and '-', the first a letter or"
                  .formatted(name.length() > 80 ? name.substring(0, 80) + "…" : name)
              + " a digit");
    }
    return name;
  }

  /**
   * Reads what a file says: lines of {@code KEY = VALUE}; what follows {@code #} is a comment.
   *
   * @param file its name, for complaints
   * @throws OwlException BAD_INPUT naming the file, and what is wrong in it
   */
  static ModelPlaces parse(String file, String name, String text) {
    requireName(file, name);
    Map<String, String> values = new LinkedHashMap<>();
    List<String> lines = text.lines().map(line -> line.replaceFirst("#.*", "").strip()).toList();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (line.isEmpty()) {
        continue;
      }
      int equals = line.indexOf('=');
      String key = equals < 0 ? line : line.substring(0, equals).strip();
      if (equals < 0 || !KEYS.contains(key)) {
        throw OwlException.badInput(
            file,
            "line %d is none of vision, abstractor, llm and default-adapter with = and a value"
                .formatted(i + 1));
      }
      String value = line.substring(equals + 1).strip();
      if (value.isEmpty() || value.length() > MAX_VALUE) {
        throw OwlException.badInput(
            file,
            "%s has %d characters; 1 to %d are allowed".formatted(key, value.length(), MAX_VALUE));
      }
      if (values.put(key, value) != null) {
        throw OwlException.badInput(file, key + " is there twice");
      }
    }
    return new ModelPlaces(
        name,
        required(file, values, "vision"),
        required(file, values, "abstractor"),
        required(file, values, "llm"),
        values.getOrDefault("default-adapter", ""));
  }

  private static String required(String file, Map<String, String> values, String key) {
    String value = values.get(key);
    if (value == null) {
      throw OwlException.badInput(file, key + " is missing");
    }
    return value;
  }

  /** What a file of it says. */
  String text() {
    return "vision = %s%nabstractor = %s%nllm = %s%n".formatted(vision, abstractor, llm)
        + (defaultAdapter.isEmpty() ? "" : "default-adapter = %s%n".formatted(defaultAdapter));
  }
}
