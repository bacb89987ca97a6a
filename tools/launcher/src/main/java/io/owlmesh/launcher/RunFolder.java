// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;

/** The folder of a mesh: its record and a log a service. */
public record RunFolder(Path folder) {
  private static final int TAIL_BYTES = 16 * 1024;

  /** The mesh that was last started here and not taken down, whether its processes live or not. */
  public Optional<MeshRecord> recorded() throws IOException, MeshException {
    try {
      return Optional.of(MeshRecord.fromJson(Files.readString(record())));
    } catch (NoSuchFileException none) {
      return Optional.empty();
    }
  }

  void write(MeshRecord mesh) throws IOException {
    Path draft = folder.resolve("mesh.json.new");
    Files.writeString(draft, mesh.toJson());
    // Readers see the old record or the new one, never half of one.
    Files.move(draft, record(), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Removes the record of this mesh, but not of another that was started meanwhile. */
  public void forget(MeshRecord mesh) throws IOException, MeshException {
    if (recorded().filter(mesh::isSame).isPresent()) {
      Files.deleteIfExists(record());
    }
  }

  Path log(String service) {
    return folder.resolve(service + ".log");
  }

  /** The last lines of a log, for a person who wants to know why a service ended. */
  static List<String> tail(Path log, int lines) throws IOException {
    try (FileChannel channel = FileChannel.open(log, StandardOpenOption.READ)) {
      long from = Math.max(0, channel.size() - TAIL_BYTES);
      ByteBuffer end = ByteBuffer.allocate((int) (channel.size() - from));
      while (end.hasRemaining() && channel.read(end, from + end.position()) >= 0) {}
      List<String> all =
          new String(end.array(), 0, end.position(), StandardCharsets.UTF_8).lines().toList();
      return all.subList(Math.max(0, all.size() - lines), all.size());
    } catch (NoSuchFileException none) {
      return List.of();
    }
  }

  /** Keeps a second launcher from starting a mesh here at the same time. */
  Held hold() throws IOException, MeshException {
    Files.createDirectories(folder);
    FileChannel channel =
        FileChannel.open(
            folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      FileLock lock = channel.tryLock();
      if (lock != null) {
        return channel::close;
      }
    } catch (OverlappingFileLockException sameProcess) {
      // Refused below, like a lock of another process.
    }
    channel.close();
    throw new MeshException("Another launcher is starting a mesh in " + folder + " right now.");
  }

  /** A lock to give back. */
  interface Held extends AutoCloseable {
    @Override
    void close() throws IOException;
  }

  private Path record() {
    return folder.resolve("mesh.json");
  }
}
