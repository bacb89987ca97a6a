// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Folders and files that nobody but the user of this process may read, where a disk knows users.
 */
public final class PrivateFiles {
  private static final Set<PosixFilePermission> FOLDER =
      PosixFilePermissions.fromString("rwx------");
  private static final Set<PosixFilePermission> FILE = PosixFilePermissions.fromString("rw-------");

  private PrivateFiles() {}

  /** Makes a folder if it is not there, and closes it to others (0700). */
  public static Path folder(Path folder) throws IOException {
    Files.createDirectories(folder);
    return close(folder, FOLDER);
  }

  /** Closes a file to others (0600). */
  static void file(Path file) throws IOException {
    close(file, FILE);
  }

  private static Path close(Path path, Set<PosixFilePermission> mode) throws IOException {
    FileStore disk = Files.getFileStore(path);
    if (disk.supportsFileAttributeView("posix")
        && !Files.getPosixFilePermissions(path).equals(mode)) {
      Files.setPosixFilePermissions(path, mode);
    }
    return path;
  }
}
