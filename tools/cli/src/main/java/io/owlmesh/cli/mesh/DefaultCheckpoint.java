// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import io.owlmesh.cli.option.Home;
import io.owlmesh.launcher.MeshException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Which checkpoint a mesh loads when nobody says: the trained one that comes with the sources. */
public final class DefaultCheckpoint {
  private static final String TRAINED = "deploy/models/owl-nano";

  private DefaultCheckpoint() {}

  /**
   * The folder given, else that of {@code OWL_CHECKPOINT}, else the default, if it is there or not.
   */
  public static Path folder(Optional<Path> given, Home home) {
    return given
        .or(() -> Optional.ofNullable(System.getenv("OWL_CHECKPOINT")).map(Path::of))
        .orElseGet(() -> home.root().resolve(TRAINED));
  }

  /** As above; it must be there. */
  static Path orGiven(@Nullable Path given, Home home) throws MeshException {
    Path folder = folder(Optional.ofNullable(given), home);
    if (!Files.exists(folder.resolve("config.json"))) {
      throw new MeshException("There is no checkpoint in %s: no config.json.".formatted(folder));
    }
    return folder.toAbsolutePath().normalize();
  }
}
