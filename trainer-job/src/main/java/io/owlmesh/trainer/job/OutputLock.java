// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.job;

import io.owlmesh.core.OwlException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Keeps other jobs out of an output folder while one writes there. */
final class OutputLock implements AutoCloseable {
  /** Workers of a job that was killed on this machine notice that within seconds. */
  static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final int PAUSE_MILLIS = 100;

  private final FileChannel channel;

  private OutputLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes the lock of a folder, which is made if it is not there.
   *
   * @param patience how long it waits for another job to end
   * @throws OwlException BAD_INPUT, field {@code output}, if another job has it for longer
   */
  static OutputLock of(Path folder, Duration patience) throws IOException {
    Files.createDirectories(folder);
    FileChannel channel =
        FileChannel.open(
            folder.resolve("job.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    long end = System.nanoTime() + patience.toNanos();
    try {
      while (tryLock(channel) == null) {
        if (System.nanoTime() > end) {
          channel.close();
          throw OwlException.badInput("output", folder + " is being written by another job");
        }
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      }
    } catch (InterruptedException e) {
      channel.close();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    return new OutputLock(channel);
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException sameProcess) {
      return null;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
