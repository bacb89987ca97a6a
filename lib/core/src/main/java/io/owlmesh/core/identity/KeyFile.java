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
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * API keys, a line each, and limits of callers and tenants, in a file that orchestrators read again
 * when it changes. It holds no secrets, only their digests, and may be a mounted Kubernetes secret.
 */
public record KeyFile(Path path) {
  /** Keys of one file at most. */
  public static final int MAX_KEYS = 10_000;

  private static final long MAX_BYTES = 4 << 20;
  private static final String HEAD =
      """
      # API keys: id, SHA-256 of the secret, role, tenant, created, expires or -, name
      # Limits that differ from the settings: limits, key:ID or a tenant, requests=60,positions=100000
      """;
  private static final String LIMITS = "limits ";

  /**
   * What is in a file.
   *
   * @param keys all of them, revoked ones not among them
   * @param limits by {@code key:ID} or the name of a tenant, where they are not those of the
   *     settings
   */
  public record Contents(List<ApiKey> keys, Map<String, CallerLimits> limits) {
    public Contents {
      keys = List.copyOf(keys);
      limits = Collections.unmodifiableMap(new LinkedHashMap<>(limits));
    }
  }

  /**
   * All keys and limits; empty if there is no file.
   *
   * @throws OwlException BAD_INPUT naming the line that is malformed
   */
  public Optional<Contents> read() throws IOException {
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
    Map<String, CallerLimits> limits = new LinkedHashMap<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (!line.isBlank() && !line.startsWith("#")) {
        read(i + 1, line, keys, limits);
      }
    }
    return Optional.of(new Contents(keys, limits));
  }

  private void read(int number, String line, List<ApiKey> keys, Map<String, CallerLimits> limits) {
    try {
      if (!line.startsWith(LIMITS)) {
        keys.add(ApiKey.ofLine(line));
        return;
      }
      String[] fields = line.split(" ", -1);
      if (fields.length != 3) {
        throw OwlException.badInput("limits", "a line has three fields");
      }
      limits.put(requireName(fields[1]), CallerLimits.parse(fields[2]));
    } catch (OwlException e) {
      throw OwlException.badInput("%s:%d".formatted(path, number), e.getMessage() + "");
    }
  }

  private static String requireName(String name) {
    return name.startsWith("key:") ? name : new Tenant(name).name();
  }

  /**
   * Sets limits in place of those of the settings; {@link Optional#empty} takes them back.
   *
   * @param name {@code key:ID} or a tenant
   * @throws OwlException BAD_INPUT if that is none
   */
  public void limit(String name, Optional<CallerLimits> limits) throws IOException {
    String checked = requireName(name);
    change((_, all) -> {
      if (limits.isPresent()) {
        all.put(checked, limits.get());
      } else {
        all.remove(checked);
      }
    });
  }

  /**
   * Adds a key.
   *
   * @throws OwlException BAD_INPUT if there are too many
   */
  public void add(ApiKey key) throws IOException {
    change((keys, _) -> {
      if (keys.size() >= MAX_KEYS) {
        throw OwlException.badInput("keys", "there are " + MAX_KEYS + " already");
      }
      keys.add(key);
    });
  }

  /**
   * Removes a key; the file stays, even empty, so that the doors stay closed.
   *
   * @return whether there was one of that ID
   */
  public boolean revoke(String id) throws IOException {
    boolean[] found = {false};
    change((keys, limits) -> {
      found[0] = keys.removeIf(key -> key.id().equals(id));
      limits.remove("key:" + id);
    });
    return found[0];
  }

  private void change(BiConsumer<List<ApiKey>, Map<String, CallerLimits>> change)
      throws IOException {
    Path folder = path.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    Path lock = path.resolveSibling(path.getFileName() + ".lock");
    try (FileChannel channel =
            FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock _ = channel.lock()) {
      Contents now = read().orElse(new Contents(List.of(), Map.of()));
      List<ApiKey> keys = new ArrayList<>(now.keys());
      Map<String, CallerLimits> limits = new LinkedHashMap<>(now.limits());
      change.accept(keys, limits);
      StringBuilder text = new StringBuilder(HEAD);
      keys.forEach(key -> text.append(key.toLine()).append('\n'));
      limits.forEach(
          (name, most) -> text.append(LIMITS).append(name).append(' ').append(most).append('\n'));
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
