// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.option;

import io.owlmesh.launcher.RunFolder;
import java.nio.file.Path;

/**
 * Where this OwlMesh lives.
 *
 * @param root of the checkout, absolute
 */
public record Home(Path root) {
  public static final String PROPERTY = "owl.home";

  /** As the {@code owl} script says, which may be called from any directory. */
  public static Home ofProcess() {
    return new Home(Path.of(System.getProperty(PROPERTY, ".")).toAbsolutePath().normalize());
  }

  public RunFolder run() {
    return new RunFolder(root.resolve("run"));
  }

  /** How a path is shown to a person: from where they stand, if it lies below. */
  public static Path shown(Path path) {
    Path here = Path.of("").toAbsolutePath();
    return path.startsWith(here) && !path.equals(here) ? here.relativize(path) : path;
  }
}
