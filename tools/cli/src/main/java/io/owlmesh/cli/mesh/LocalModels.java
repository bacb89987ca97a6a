// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import io.owlmesh.launcher.LocalModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Models as people name them on the command line. */
final class LocalModels {
  private LocalModels() {}

  /**
   * A model with the adapters beside its weights.
   *
   * @throws IllegalArgumentException for people, if the name or the folder is none
   */
  static LocalModel of(String name, Path checkpoint) throws IOException {
    if (!Files.isDirectory(checkpoint)) {
      throw new IllegalArgumentException("There is no folder %s.".formatted(checkpoint));
    }
    Path weights = checkpoint.toAbsolutePath().normalize();
    return new LocalModel(name, weights, OwnAdapters.of(weights));
  }
}
