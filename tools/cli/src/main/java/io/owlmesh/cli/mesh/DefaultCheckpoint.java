// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import io.owlmesh.cli.option.Home;
import io.owlmesh.launcher.MeshException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Which checkpoint a mesh loads when nobody says: the trained one that comes with the sources. */
final class DefaultCheckpoint {
  private static final String TRAINED = "deploy/models/owl-nano";

  private DefaultCheckpoint() {}

  /** The folder given, else that of {@code OWL_CHECKPOINT}, else the default. */
  static Path orGiven(@Nullable Path given, Home home) throws MeshException {
    String variable = System.getenv("OWL_CHECKPOINT");
    Path folder = home.root().resolve(TRAINED);
    if (given != null || variable != null) {
      folder = given != null ? given : Path.of(variable);
    }
    if (!Files.exists(folder.resolve("config.json"))) {
      throw new MeshException("There is no checkpoint in %s: no config.json.".formatted(folder));
    }
    return folder.toAbsolutePath().normalize();
  }
}
