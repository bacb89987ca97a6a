// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Keeps the logs of processes that write on: what is in a long one is copied to {@code LOG.1}, the
 * earlier copies move on, and the log begins anew. Processes append, so that they need not know. A
 * line that is written between the end of the copy and the cut is lost.
 *
 * @param maxBytes of a log, before it is cut at the next look
 * @param kept copies, the oldest of which is dropped
 */
record LogRotation(long maxBytes, int kept) {
  static final LogRotation USUAL = new LogRotation(16 << 20, 3);

  /** Cuts a log if it is long; a log that is not there is short. */
  void look(Path log) throws IOException {
    if (!Files.exists(log) || Files.size(log) <= maxBytes) {
      return;
    }
    for (int i = kept; i > 1; i--) {
      if (Files.exists(copy(log, i - 1))) {
        Files.move(copy(log, i - 1), copy(log, i), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    Path first = copy(log, 1);
    Files.deleteIfExists(first);
    Files.createFile(first, RunFolder.OWNER_ALONE);
    try (FileChannel from =
            FileChannel.open(log, StandardOpenOption.READ, StandardOpenOption.WRITE);
        FileChannel to = FileChannel.open(first, StandardOpenOption.WRITE)) {
      for (long done = 0; done < from.size(); ) {
        done += from.transferTo(done, from.size() - done, to);
      }
      from.truncate(0);
    }
  }

  private static Path copy(Path log, int number) {
    return log.resolveSibling(log.getFileName() + "." + number);
  }
}
