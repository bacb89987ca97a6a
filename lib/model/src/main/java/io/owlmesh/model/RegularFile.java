// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model;

import io.owlmesh.core.OwlException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Opens the files of checkpoints, adapters and tokenisers. A pipe or a device in the place of one
 * would block its reader or never end, so only regular files are read, and links to them.
 */
public final class RegularFile {
  private RegularFile() {}

  /** Refuses what is there and no regular file. */
  private static void require(Path file, String where) {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw OwlException.badCheckpoint(where, "not a regular file");
    }
  }

  /**
   * Reads a whole file.
   *
   * @param where names the file in messages
   * @param most bytes that it may have
   * @throws OwlException BAD_CHECKPOINT if it is no regular file, larger, or cannot be read
   */
  public static byte[] read(Path file, String where, int most) {
    require(file, where);
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(most);
      if (in.read() >= 0) {
        throw OwlException.badCheckpoint(where, "larger than " + most + " bytes");
      }
      return bytes;
    } catch (IOException e) {
      throw OwlException.badCheckpoint(where, "cannot be read: " + reason(e));
    }
  }

  /**
   * Opens a file for reading.
   *
   * @param where names the file in messages
   * @throws OwlException BAD_CHECKPOINT if it is no regular file
   */
  public static FileChannel open(Path file, String where) throws IOException {
    require(file, where);
    return FileChannel.open(file, StandardOpenOption.READ);
  }

  /** Why a file cannot be read, without its path: folders of uploads are nobody's business. */
  public static String reason(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "it does not exist";
    }
    if (e instanceof FileSystemException inFiles) {
      String reason = inFiles.getReason();
      return reason == null ? e.getClass().getSimpleName() : reason;
    }
    return String.valueOf(e.getMessage());
  }
}
