// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import io.owlmesh.launcher.mesh.MeshException;
import io.owlmesh.model.DType;
import io.owlmesh.model.checkpoint.Preset;
import io.owlmesh.model.checkpoint.RandomCheckpoint;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Which checkpoint a mesh loads when nobody says. */
final class DefaultCheckpoint {
  /** A trained one that comes with the sources. */
  private static final String TRAINED = "deploy/models/owl-nano";

  private static final String RANDOM = "models/owl-nano-random";

  private static final long SEED = 1;

  private final Home home;
  private final PrintWriter out;

  DefaultCheckpoint(Home home, PrintWriter out) {
    this.home = home;
    this.out = out;
  }

  Path orGiven(@Nullable Path given) throws IOException, MeshException {
    String variable = System.getenv("OWL_CHECKPOINT");
    if (given != null || variable != null) {
      return existing(given != null ? given : Path.of(variable));
    }
    Path trained = home.root().resolve(TRAINED);
    return isCheckpoint(trained) ? trained : random();
  }

  private Path random() throws IOException {
    Path folder = home.root().resolve(RANDOM);
    if (!isCheckpoint(folder)) {
      out.println("Writing a small checkpoint of random weights to " + Home.shown(folder));
      out.flush();
      RandomCheckpoint.write(Preset.NANO, folder, DType.FLOAT32, SEED, (_, _) -> {});
    }
    out.println("The weights of " + RANDOM + " are random: its answers are noise.");
    out.println("For answers that mean something, name a trained one: --checkpoint DIR.");
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
