// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A model beside the one that a mesh was started with, whose stages run on this machine, too.
 *
 * @param name that requests choose it by
 * @param checkpoint the folder that its stages load their parts from
 * @param settings {@code OWL_…} variables of its stages alone
 */
public record LocalModel(String name, Path checkpoint, Map<String, String> settings) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

  /**
   * Checks the name.
   *
   * @throws IllegalArgumentException saying what is allowed
   */
  public LocalModel {
    settings = Map.copyOf(settings);
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "'%s' names no model: 1 to 64 of A-Z, a-z, 0-9, '.', '_' and '-', the first a letter or a digit."
              .formatted(name));
    }
  }
}
