// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import java.io.IOException;
import java.nio.file.DirectoryStream;
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

  private static final String SUFFIX = ".addresses";

  static Path file(RunFolder run, String role) {
    return run.folder().resolve(role + SUFFIX).toAbsolutePath();
  }

  /** The settings that name those of the model that the mesh is started with. */
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
    Map<String, StringBuilder> files = new TreeMap<>();
    for (ServicePlan service : services) {
      String role = Replicas.roleOf(service.name());
      // All stages in one process have no addresses.
      if (Replicas.STAGES.contains(Replicas.stageOf(role))) {
        files
            .computeIfAbsent(role, _ -> new StringBuilder())
            .append(near)
            .append(':')
            .append(service.port())
            .append(draining.contains(service.name()) ? " draining" : "")
            .append('\n');
      }
    }
    for (Map.Entry<String, StringBuilder> file : files.entrySet()) {
      RunFolder.write(file(run, file.getKey()), file.getValue().toString());
    }
  }

  static void delete(RunFolder run) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(run.folder(), "*" + SUFFIX)) {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
    }
  }
}
