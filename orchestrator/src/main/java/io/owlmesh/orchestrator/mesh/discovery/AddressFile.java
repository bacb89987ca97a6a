// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.discovery;

import io.owlmesh.core.OwlException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A file with an address a line; {@code draining} behind it says that the replica gets no new work,
 * and what follows {@code #} is a comment. A change counts when two looks in a row see the same:
 * one that is being written is not taken for done. One that names replicas at the start counts at
 * once.
 */
final class AddressFile implements AddressLookup {
  private static final int MAX_BYTES = 64 << 10;

  private final Path file;
  private boolean looked;
  private byte @Nullable [] seen;
  private @Nullable Set<ReplicaAddress> taken;

  AddressFile(Path file) {
    this.file = file;
  }

  @Override
  public Set<ReplicaAddress> look() throws IOException {
    boolean first = !looked;
    looked = true;
    byte[] now = read();
    boolean settled = Arrays.equals(now, seen) || (first && now.length > 0);
    seen = now;
    if (settled) {
      taken = parse(new String(now, StandardCharsets.UTF_8));
    }
    if (taken == null) {
      throw new IOException(file + " is being written");
    }
    return taken;
  }

  private byte[] read() throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw OwlException.badInput(
            file.toString(), "longer than the %d bytes that are allowed".formatted(MAX_BYTES));
      }
      return bytes;
    } catch (NoSuchFileException missing) {
      throw new IOException("there is no file " + file, missing);
    } catch (AccessDeniedException closed) {
      throw new IOException(file + " may not be read", closed);
    }
  }

  private Set<ReplicaAddress> parse(String text) {
    List<String> lines =
        text.lines()
            .map(line -> line.indexOf('#') < 0 ? line : line.substring(0, line.indexOf('#')))
            .map(String::strip)
            .filter(line -> !line.isEmpty())
            .toList();
    return AddressText.parse(lines, file.toString());
  }
}
