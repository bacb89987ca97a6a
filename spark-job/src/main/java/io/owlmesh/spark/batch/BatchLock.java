// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.spark.batch;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Keeps other runs out of an output folder of this machine's file system while one writes there; it
 * is free again when its process ends, however it does. Spark does not see its file. Folders
 * elsewhere are not kept from anybody.
 */
final class BatchLock {
  private static final String FILE = "file:";

  private final @Nullable FileChannel channel;

  private BatchLock(@Nullable FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes the lock of a folder, which is made if it is not there.
   *
   * @param output URI
   * @throws IllegalArgumentException if another run has it, or the folder cannot be made
   */
  static BatchLock of(String output) throws IOException {
    if (!output.startsWith(FILE)) {
      return new BatchLock(null);
    }
    Path folder = Path.of(output.substring(FILE.length()).replaceFirst("^//", ""));
    FileChannel channel;
    try {
      Files.createDirectories(folder);
      channel =
          FileChannel.open(
              folder.resolve("_owl.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw new IllegalArgumentException("--output: " + e, e);
    }
    try {
      if (channel.tryLock() != null) {
        return new BatchLock(channel);
      }
    } catch (OverlappingFileLockException sameProcess) {
      // As another's.
    }
    channel.close();
    throw new IllegalArgumentException(
        "--output: %s is being written by another run".formatted(folder));
  }

  /** Lets others in. */
  void close() throws IOException {
    if (channel != null) {
      channel.close();
    }
  }
}
