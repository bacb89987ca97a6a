// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What the orchestrator reads to know the replicas of each stage: files with an address a line. */
final class AddressFiles {
  private AddressFiles() {}

  private static Path file(RunFolder run, String stage) {
    return run.folder().resolve(stage + ".addresses").toAbsolutePath();
  }

  /** The settings that name them. */
  static Map<String, String> settings(RunFolder run) {
    Map<String, String> settings = new TreeMap<>();
    Replicas.STAGES.forEach(stage -> settings.put(setting(stage), "file:" + file(run, stage)));
    return settings;
  }

  private static String setting(String stage) {
    return "OWL_" + stage.toUpperCase(Locale.ROOT);
  }

  /**
   * Writes them.
   *
   * @param near the host that all services are reached at
   * @param draining names of those that are to get no new work
   */
  static void write(
      RunFolder run, String near, Collection<ServicePlan> services, Set<String> draining)
      throws IOException {
    for (String stage : Replicas.STAGES) {
      StringBuilder lines = new StringBuilder();
      for (ServicePlan service : services) {
        if (Replicas.stageOf(service.name()).equals(stage)) {
          lines
              .append(near)
              .append(':')
              .append(service.port())
              .append(draining.contains(service.name()) ? " draining" : "")
              .append('\n');
        }
      }
      // All stages in one process have no addresses.
      if (!lines.isEmpty()) {
        RunFolder.write(file(run, stage), lines.toString());
      }
    }
  }

  static void delete(RunFolder run) throws IOException {
    for (String stage : Replicas.STAGES) {
      Files.deleteIfExists(file(run, stage));
    }
  }
}
