// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import com.google.protobuf.ByteString;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/** Images in a folder, as {@code ab/abcd...}; while one is written, in {@code unfinished}. */
public final class DiskImageStore implements ImageStore {
  private final Path folder;
  private final Path unfinished;

  /**
   * @param folder made if it is not there; nobody else writes into it
   * @throws OwlException UNAVAILABLE if it cannot be used
   */
  public DiskImageStore(Path folder) {
    this.folder = folder;
    this.unfinished = folder.resolve("unfinished");
    try {
      PrivateFiles.folder(folder);
      PrivateFiles.folder(unfinished);
      deleteUnfinished();
    } catch (IOException e) {
      throw unavailable(e);
    }
  }

  /** What a crash left. */
  private void deleteUnfinished() throws IOException {
    try (DirectoryStream<Path> left = Files.newDirectoryStream(unfinished)) {
      for (Path file : left) {
        Files.delete(file);
      }
    }
  }

  @Override
  public void put(String sha256, ByteString file) {
    Path target = path(sha256);
    try {
      if (Files.exists(target)) {
        return;
      }
      Path parent = PrivateFiles.folder(folder.resolve(sha256.substring(0, 2)));
      Path part = Files.createTempFile(unfinished, sha256, ".part"); // 0600.
      try {
        write(part, file);
        Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(part);
      }
      sync(parent);
      sync(folder);
    } catch (IOException e) {
      throw unavailable(e);
    }
  }

  private static void write(Path to, ByteString file) throws IOException {
    try (FileChannel channel = FileChannel.open(to, StandardOpenOption.WRITE)) {
      for (ByteBuffer piece : file.asReadOnlyByteBufferList()) {
        while (piece.hasRemaining()) {
          channel.write(piece);
        }
      }
      channel.force(true);
    }
  }

  /** A name in a folder is only there after a crash if the folder was written, too. */
  private static void sync(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  @Override
  public Optional<ByteString> get(String sha256) {
    try (var in = Files.newInputStream(path(sha256))) {
      return Optional.of(ByteString.readFrom(in));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw unavailable(e);
    }
  }

  @Override
  public void delete(String sha256) {
    try {
      Files.deleteIfExists(path(sha256));
    } catch (IOException e) {
      throw unavailable(e);
    }
  }

  private Path path(String sha256) {
    return folder.resolve(sha256.substring(0, 2)).resolve(sha256);
  }

  private static OwlException unavailable(IOException e) {
    return new OwlException(Fault.UNAVAILABLE, "", "the folder of images cannot be used now", e);
  }

  @Override
  public void close() {}
}
