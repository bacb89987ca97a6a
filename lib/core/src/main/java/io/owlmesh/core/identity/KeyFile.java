// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.core.identity;

import io.owlmesh.core.OwlException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * API keys, a line each, in a file that orchestrators read again when it changes. It holds no
 * secrets, only their digests, and may be a mounted Kubernetes secret.
 */
public record KeyFile(Path path) {
  /** Keys of one file at most. */
  public static final int MAX_KEYS = 10_000;

  private static final long MAX_BYTES = 4 << 20;
  private static final String HEAD =
      "# API keys: id, SHA-256 of the secret, role, tenant, created, expires or -, name\n";

  /**
   * All keys, revoked ones not among them; empty if there is no file.
   *
   * @throws OwlException BAD_INPUT naming the line that is malformed
   */
  public Optional<List<ApiKey>> read() throws IOException {
    List<String> lines;
    try {
      if (Files.size(path) > MAX_BYTES) {
        throw OwlException.badInput(path.toString(), "exceeds " + MAX_BYTES + " bytes");
      }
      lines = Files.readAllLines(path);
    } catch (NoSuchFileException none) {
      return Optional.empty();
    }
    List<ApiKey> keys = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (!line.isBlank() && !line.startsWith("#")) {
        keys.add(key(i + 1, line));
      }
    }
    return Optional.of(List.copyOf(keys));
  }

  private ApiKey key(int number, String line) {
    try {
      return ApiKey.ofLine(line);
    } catch (OwlException e) {
      throw OwlException.badInput("%s:%d".formatted(path, number), e.getMessage() + "");
    }
  }

  /**
   * Adds a key.
   *
   * @throws OwlException BAD_INPUT if there are too many
   */
  public void add(ApiKey key) throws IOException {
    change(keys -> {
      if (keys.size() >= MAX_KEYS) {
        throw OwlException.badInput("keys", "there are " + MAX_KEYS + " already");
      }
      keys.add(key);
      return keys;
    });
  }

  /**
   * Removes a key; the file stays, even empty, so that the doors stay closed.
   *
   * @return whether there was one of that ID
   */
  public boolean revoke(String id) throws IOException {
    boolean[] found = {false};
    change(keys -> {
      found[0] = keys.removeIf(key -> key.id().equals(id));
      return keys;
    });
    return found[0];
  }

  private void change(UnaryOperator<List<ApiKey>> change) throws IOException {
    Path folder = path.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    Path lock = path.resolveSibling(path.getFileName() + ".lock");
    try (FileChannel channel =
            FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock _ = channel.lock()) {
      List<ApiKey> changed = change.apply(new ArrayList<>(read().orElse(List.of())));
      StringBuilder text = new StringBuilder(HEAD);
      changed.forEach(key -> text.append(key.toLine()).append('\n'));
      // Whoever reads meanwhile reads the old file or the new one.
      Path next =
          Files.createTempFile(
              folder,
              ".keys",
              null,
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(next, text);
      Files.move(next, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
