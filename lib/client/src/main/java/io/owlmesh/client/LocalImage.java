// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.client;

import com.google.common.io.ByteStreams;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Images as they lie on disk: the mesh decodes them, not the client. */
public final class LocalImage {
  /** More than any mesh takes unless it was told to; more is not read into memory. */
  public static final int MAX_BYTES = 64 << 20;

  private LocalImage() {}

  /**
   * Reads a file whole.
   *
   * @throws IllegalArgumentException with a sentence for people if it cannot be sent
   */
  public static ByteString read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException("There is no image file " + file);
    }
    try (InputStream in = Files.newInputStream(file)) {
      ByteString bytes = ByteString.readFrom(ByteStreams.limit(in, MAX_BYTES + 1L));
      if (bytes.isEmpty()) {
        throw new IllegalArgumentException("The image file " + file + " is empty");
      }
      if (bytes.size() > MAX_BYTES) {
        throw new IllegalArgumentException(
            "The image file %s has more than %,d bytes".formatted(file, MAX_BYTES));
      }
      return bytes;
    } catch (IOException unreadable) {
      throw new IllegalArgumentException(
          "The image file %s cannot be read: %s".formatted(file, unreadable.getMessage()),
          unreadable);
    }
  }
}
