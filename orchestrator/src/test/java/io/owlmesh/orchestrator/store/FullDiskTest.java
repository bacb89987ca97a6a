// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.core.OwlException;
import io.owlmesh.core.identity.Tenant;
import io.owlmesh.proto.chat.v1.Session;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.h2.store.fs.FileBase;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A disk that is full for a while, and files that are nobody else's. */
@Timeout(60)
class FullDiskTest {
  private static volatile boolean full;

  /** The disk of all paths that begin with {@code full:}. */
  public static final class Disk extends FilePathWrapper {
    @Override
    public String getScheme() {
      return "full";
    }

    @Override
    public FileChannel open(String mode) throws IOException {
      return new File(super.open(mode));
    }
  }

  private static final class File extends FileBase {
    private final FileChannel file;

    File(FileChannel file) {
      this.file = file;
    }

    private static void requireSpace() throws IOException {
      if (full) {
        throw new IOException("No space left on device");
      }
    }

    @Override
    public synchronized int read(ByteBuffer into) throws IOException {
      return file.read(into);
    }

    @Override
    public synchronized int read(ByteBuffer into, long place) throws IOException {
      return file.read(into, place);
    }

    @Override
    public synchronized int write(ByteBuffer from) throws IOException {
      requireSpace();
      return file.write(from);
    }

    @Override
    public synchronized int write(ByteBuffer from, long place) throws IOException {
      requireSpace();
      return file.write(from, place);
    }

    @Override
    public long position() throws IOException {
      return file.position();
    }

    @Override
    public FileChannel position(long place) throws IOException {
      file.position(place);
      return this;
    }

    @Override
    public long size() throws IOException {
      return file.size();
    }

    @Override
    public FileChannel truncate(long size) throws IOException {
      file.truncate(size);
      return this;
    }

    @Override
    public void force(boolean all) throws IOException {
      file.force(all);
    }

    @Override
    public FileLock tryLock(long place, long size, boolean shared) throws IOException {
      return file.tryLock(place, size, shared);
    }

    @Override
    protected void implCloseChannel() throws IOException {
      file.close();
    }
  }

  private static Session session(SessionStore store) {
    var now = store.now();
    return Session.newBuilder()
        .setId(UUID.randomUUID().toString())
        .setTitle("t".repeat(200))
        .setCreatedAt(now)
        .setUpdatedAt(now)
        .build();
  }

  @Test
  void aDiskThatWasFullOnceIsUsedAgainWithoutARestart(@TempDir Path folder) {
    FilePath.register(new Disk());
    String url = "jdbc:h2:full:" + folder.resolve("sessions");
    try (SessionStore store =
        SessionStore.open(
            url,
            Optional.empty(),
            Optional.empty(),
            new DiskImageStore(folder.resolve("images")))) {
      Session before = session(store);
      store.of(Tenant.DEFAULT).create(before);
      full = true;
      for (int i = 0; i < 3; i++) {
        assertThatThrownBy(() -> store.of(Tenant.DEFAULT).create(session(store)))
            .isInstanceOf(OwlException.class);
      }
      full = false;

      Session after = session(store);
      store.of(Tenant.DEFAULT).create(after);

      assertThat(store.of(Tenant.DEFAULT).session(before.getId()).getTitle())
          .isEqualTo(before.getTitle());
      assertThat(store.of(Tenant.DEFAULT).session(after.getId()).getTitle())
          .isEqualTo(after.getTitle());
      assertThatCode(store::check).doesNotThrowAnyException();
    } finally {
      full = false;
    }
  }

  @Test
  void nobodyElseReadsWhatIsKept(@TempDir Path folder) throws Exception {
    Path data = folder.resolve("data");
    Files.createDirectory(
        data, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    PrivateFiles.folder(data);
    try (SessionStore store =
        SessionStore.open(
            "jdbc:h2:file:" + data.resolve("sessions"),
            Optional.empty(),
            Optional.empty(),
            new DiskImageStore(data.resolve("images")))) {
      store.of(Tenant.DEFAULT).addImage(Pictures.png(1));
      store.of(Tenant.DEFAULT).create(session(store));
      store.sweep(Optional.empty(), java.time.Duration.ZERO);
      store.check();
      try (Stream<Path> all = Files.walk(data)) {
        for (Path path : all.toList()) {
          assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
              .as(path.toString())
              .isEqualTo(Files.isDirectory(path) ? "rwx------" : "rw-------");
        }
      }
    }
  }
}
