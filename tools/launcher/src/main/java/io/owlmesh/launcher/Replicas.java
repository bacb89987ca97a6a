// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * How many processes each stage is to have.
 *
 * @param counts by role: a stage, or for one of another model {@code MODEL.STAGE}; of what is not
 *     named, nothing is said
 */
public record Replicas(Map<String, Integer> counts) {
  /** The stages, in the order of an image's way. */
  public static final List<String> STAGES = List.of("vision", "abstractor", "llm");

  /** Replicas of a stage on one machine, at most: the ports of all lie below that of HTTP. */
  public static final int MOST = 24;

  private static final Pattern NUMBER = Pattern.compile("-\\d+$");

  /**
   * Checks what was asked.
   *
   * @throws IllegalArgumentException naming the stage and what is allowed
   */
  public Replicas {
    counts = new TreeMap<>(counts);
    counts.forEach((stage, count) -> {
      if (!STAGES.contains(stageOf(stage))) {
        throw new IllegalArgumentException(
            "There is no stage '%s'; there are %s.".formatted(stage, String.join(", ", STAGES)));
      }
      if (count < 1 || count > MOST) {
        throw new IllegalArgumentException(
            "%s=%d: a stage has 1 to %d replicas.".formatted(stage, count, MOST));
      }
    });
  }

  /** How many a mesh is to have of a role when it is started: one where nothing is said. */
  int of(String role) {
    return counts.getOrDefault(role, 1);
  }

  /** The name of a replica, counted from 1: {@code llm}, {@code llm-2}, {@code llava.llm-3}. */
  static String name(String role, int number) {
    return number == 1 ? role : role + "-" + number;
  }

  /** What a service is, by its name: {@code llm}, or of another model {@code llava.llm}. */
  public static String roleOf(String service) {
    return NUMBER.matcher(service).replaceFirst("");
  }

  /** The stage of a role. */
  public static String stageOf(String role) {
    return role.substring(role.lastIndexOf('.') + 1);
  }

  /** The model of a role; empty for the one that the mesh was started with. */
  public static String modelOf(String role) {
    return role.substring(0, Math.max(0, role.lastIndexOf('.')));
  }
}
