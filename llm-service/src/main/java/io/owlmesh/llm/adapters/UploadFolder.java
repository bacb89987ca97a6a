// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.adapters;

import io.owlmesh.core.FileTree;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Where one upload is collected. A lock says that its process lives: the system gives it back when
 * the process ends, however that happens, and whoever starts next sweeps what was left.
 */
public final class UploadFolder implements AutoCloseable {
  /** Of uploads that stay nowhere, of this user. */
  public static final Path TEMPORARY =
      Path.of(
          System.getProperty("java.io.tmpdir"), "owl-uploads-" + System.getProperty("user.name"));

  private static final String LOCK = "lock";
  private static final String FILES = "files";
  private static final String OLD = "old";

  private final Path own;
  private final FileChannel lock;

  private UploadFolder(Path own, FileChannel lock) {
    this.own = own;
    this.lock = lock;
  }

  /**
   * Begins an upload.
   *
   * @param parent of the folders of all uploads; nothing else lies there
   */
  public static UploadFolder create(Path parent) throws IOException {
    Files.createDirectories(parent);
    Path own = Files.createTempDirectory(parent, "upload");
    FileChannel lock = openLock(own);
    if (lock.tryLock() == null) {
      throw new IOException(own + " is new, but locked");
    }
    Files.createDirectory(own.resolve(FILES));
    return new UploadFolder(own, lock);
  }

  /**
   * Begins an upload that stays nowhere.
   *
   * @throws IOException also if somebody else made the folder of such uploads
   */
  public static UploadFolder createTemporary() throws IOException {
    UploadFolder upload = create(TEMPORARY);
    if (!Files.getOwner(TEMPORARY).equals(Files.getOwner(upload.own))) {
      upload.close();
      throw new IOException(TEMPORARY + " belongs to another user");
    }
    return upload;
  }

  private static FileChannel openLock(Path own) throws IOException {
    return FileChannel.open(own.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  /** Deletes what dead processes left, after putting back what one had moved aside. */
  public static void sweep(Path parent) throws IOException {
    if (!Files.isDirectory(parent)) {
      return;
    }
    try (DirectoryStream<Path> all = Files.newDirectoryStream(parent, Files::isDirectory)) {
      for (Path other : all) {
        sweepOne(parent, other);
      }
    }
  }

  private static void sweepOne(Path parent, Path other) throws IOException {
    try (FileChannel channel = openLock(other);
        FileLock dead = channel.tryLock()) {
      if (dead != null) {
        Path old = other.resolve(OLD);
        Path home = parent.toAbsolutePath().getParent();
        if (Files.isDirectory(old) && home != null) {
          try (DirectoryStream<Path> aside = Files.newDirectoryStream(old)) {
            for (Path adapter : aside) {
              putBack(adapter, home.resolve(adapter.getFileName()));
            }
          }
        }
        FileTree.delete(other);
      }
    } catch (OverlappingFileLockException e) {
      // An upload of this very process.
    }
  }

  private static void putBack(Path adapter, Path place) throws IOException {
    if (!Files.exists(place)) {
      Files.move(adapter, place, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  /** The folder of the files. */
  public Path files() {
    return own.resolve(FILES);
  }

  /** Moves the files to where they stay, in place of those that are there. */
  public void moveTo(Path place) throws IOException {
    if (Files.exists(place)) {
      Path old = Files.createDirectory(own.resolve(OLD));
      Files.move(place, old.resolve(place.getFileName()), StandardCopyOption.ATOMIC_MOVE);
    }
    Files.move(files(), place, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Deletes what is left of it. */
  @Override
  public void close() throws IOException {
    lock.close();
    FileTree.delete(own);
  }
}
