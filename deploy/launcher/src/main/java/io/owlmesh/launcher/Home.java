// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import io.owlmesh.launcher.mesh.RunFolder;
import java.nio.file.Path;

/**
 * Where this OwlMesh lives.
 *
 * @param root of the checkout, absolute
 */
record Home(Path root) {
  static final String PROPERTY = "owl.home";

  /** As the {@code owl} script says, which may be called from any directory. */
  static Home ofProcess() {
    return new Home(Path.of(System.getProperty(PROPERTY, ".")).toAbsolutePath().normalize());
  }

  RunFolder run() {
    return new RunFolder(root.resolve("run"));
  }
}
