// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.job;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.owlmesh.core.OwlException;
import io.owlmesh.core.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a result was made of, as a SHA-256: equal inputs, equal result. Of files it takes name, size
 * and three blocks, so that large ones cost no time.
 */
final class Fingerprint {
  private static final int BLOCK = 1 << 16;

  private final MessageDigest digest = Sha256.begin();

  Fingerprint text(String text) {
    digest.update(text.getBytes(UTF_8));
    digest.update((byte) 0);
    return this;
  }

  /** A file. */
  Fingerprint file(Path file) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      text(file.getFileName() + " " + size);
      for (long at : List.of(0L, size / 2, Math.max(0, size - BLOCK))) {
        ByteBuffer block = ByteBuffer.allocate((int) Math.min(BLOCK, size));
        channel.read(block, at);
        digest.update(block.flip());
      }
    } catch (IOException e) {
      throw OwlException.badInput("data", file + " cannot be read: " + e.getMessage());
    }
    return this;
  }

  /** All files of a folder, by name, folders in it left out. */
  Fingerprint folder(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      files.filter(Files::isRegularFile).sorted().forEach(this::file);
    } catch (IOException e) {
      throw OwlException.badInput("data", folder + " cannot be read: " + e.getMessage());
    }
    return this;
  }

  String hex() {
    return Sha256.hex(digest);
  }
}
