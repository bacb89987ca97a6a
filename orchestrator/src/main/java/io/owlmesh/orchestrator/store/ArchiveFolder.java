// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.UUID;

/**
 * Where an archive waits until it is whole, on its way out or in.
 *
 * @param folder made when it is needed
 * @param mostBytes of one archive
 * @param leftFree bytes of the disk that no archive takes: whoever serves meanwhile writes, too
 */
public record ArchiveFolder(Path folder, long mostBytes, long leftFree) {

  /**
   * An empty archive.
   *
   * @throws IOException if the folder cannot be used
   */
  public Staged open() throws IOException {
    Path file = PrivateFiles.folder(folder.toAbsolutePath()).resolve(UUID.randomUUID() + ".zip");
    FileStore disk = Files.getFileStore(folder.toAbsolutePath());
    // It has no name while it is open, so that not even a crash leaves it.
    EnumSet<StandardOpenOption> options =
        EnumSet.of(
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.DELETE_ON_CLOSE);
    FileChannel channel =
        disk.supportsFileAttributeView("posix")
            ? FileChannel.open(
                file,
                options,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))
            : FileChannel.open(file, options);
    return new Staged(channel, disk);
  }

  /** An archive that is gone when it is closed. */
  public final class Staged implements Closeable {
    private final FileChannel file;
    private final FileStore disk;

    private Staged(FileChannel file, FileStore disk) {
      this.file = file;
      this.disk = disk;
    }

    /**
     * Adds bytes at its end.
     *
     * @throws OwlException BAD_INPUT, field {@code archive}, if it becomes too large; UNAVAILABLE
     *     if the disk has no room
     */
    public void write(ByteBuffer bytes) throws IOException {
      if (file.size() + bytes.remaining() > mostBytes) {
        throw OwlException.badInput(
            "archive",
            "has more than the %d bytes that OWL_MAX_ARCHIVE_BYTES allows".formatted(mostBytes));
      }
      if (disk.getUsableSpace() - bytes.remaining() < leftFree) {
        throw new OwlException(
            Fault.UNAVAILABLE,
            "archive",
            "the disk of the data folder would have less than %d bytes left".formatted(leftFree));
      }
      while (bytes.hasRemaining()) {
        file.write(bytes);
      }
    }

    /** What writes to its end; closing it leaves the archive open. */
    public OutputStream out() {
      return new OutputStream() {
        @Override
        public void write(int value) throws IOException {
          write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
          Staged.this.write(ByteBuffer.wrap(bytes, from, length));
        }
      };
    }

    /** What reads it from its beginning. */
    public InputStream in() throws IOException {
      return Channels.newInputStream(file.position(0));
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
