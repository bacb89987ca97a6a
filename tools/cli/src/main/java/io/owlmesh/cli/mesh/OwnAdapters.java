// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import io.owlmesh.model.checkpoint.AdapterFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The adapters that come with a checkpoint, in {@code adapters/} beside its weights. */
final class OwnAdapters {
  private OwnAdapters() {}

  /**
   * Settings that serve them. One alone is what the weights were tuned to be used with, so it
   * answers who names none.
   *
   * @return empty if there are none
   */
  static Map<String, String> of(Path checkpoint) throws IOException {
    Path folder = checkpoint.resolve("adapters");
    if (!Files.isDirectory(folder)) {
      return Map.of();
    }
    Map<String, String> settings = new TreeMap<>(Map.of("OWL_ADAPTERS", folder.toString()));
    try (Stream<Path> children = Files.list(folder)) {
      List<Path> found = children.filter(AdapterFile::isAdapterFolder).toList();
      if (found.size() == 1) {
        settings.put("OWL_DEFAULT_ADAPTER", String.valueOf(found.getFirst().getFileName()));
      }
    }
    return settings;
  }
}
