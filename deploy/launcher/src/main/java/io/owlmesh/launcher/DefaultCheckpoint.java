// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import io.owlmesh.launcher.mesh.MeshException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Which checkpoint a mesh loads when nobody says. */
final class DefaultCheckpoint {
  /** The trained one that comes with the sources. */
  private static final String TRAINED = "deploy/checkpoints/owl-small";

  private static final String RANDOM = "models/owl-nano-random";

  private final Home home;
  private final PrintWriter out;

  DefaultCheckpoint(Home home, PrintWriter out) {
    this.home = home;
    this.out = out;
  }

  Path orGiven(@Nullable Path given) throws MeshException {
    String variable = System.getenv("OWL_CHECKPOINT");
    if (given != null || variable != null) {
      return existing(given != null ? given : Path.of(variable));
    }
    Path trained = home.root().resolve(TRAINED);
    return isCheckpoint(trained) ? trained : random();
  }

  private Path random() throws MeshException {
    Path folder = home.root().resolve(RANDOM);
    if (!isCheckpoint(folder)) {
      throw new MeshException("There is no checkpoint yet. Name one with --checkpoint DIR.");
    }
    out.println("The checkpoint " + RANDOM + " has random weights: its answers are noise.");
    return folder;
  }

  private static Path existing(Path folder) throws MeshException {
    if (!isCheckpoint(folder)) {
      throw new MeshException("There is no checkpoint in %s: no config.json.".formatted(folder));
    }
    return folder.toAbsolutePath().normalize();
  }

  private static boolean isCheckpoint(Path folder) {
    return Files.exists(folder.resolve("config.json"));
  }
}
