// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * How many processes each stage is to have.
 *
 * @param counts by stage; of one that is not named, nothing is said
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
      if (!STAGES.contains(stage)) {
        throw new IllegalArgumentException(
            "There is no stage '%s'; there are %s.".formatted(stage, String.join(", ", STAGES)));
      }
      if (count < 1 || count > MOST) {
        throw new IllegalArgumentException(
            "%s=%d: a stage has 1 to %d replicas.".formatted(stage, count, MOST));
      }
    });
  }

  /** How many a mesh is to have of a stage when it is started: one where nothing is said. */
  int of(String stage) {
    return counts.getOrDefault(stage, 1);
  }

  int total() {
    return STAGES.stream().mapToInt(this::of).sum();
  }

  /** The name of a stage's replica, counted from 1: {@code llm}, {@code llm-2}, {@code llm-3}. */
  static String name(String stage, int number) {
    return number == 1 ? stage : stage + "-" + number;
  }

  /** The stage that a service belongs to, by its name. */
  public static String stageOf(String service) {
    return NUMBER.matcher(service).replaceFirst("");
  }
}
