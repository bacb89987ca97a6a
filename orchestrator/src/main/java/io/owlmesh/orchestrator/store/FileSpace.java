// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.h2.engine.SessionLocal;
import org.h2.jdbc.JdbcConnection;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.RandomAccessStore;

/**
 * The space in the file of an embedded database that is open.
 *
 * <p>Each commit writes a chunk: the pages that it changed, and those above them. Pages of older
 * chunks are garbage then. H2 collects it in the thread that writes delayed commits, which is not
 * there when none is delayed, and uses no chunk again for 45 seconds, nor cares for what is on the
 * disk after that. So garbage is collected here, and its space is used again only when what
 * replaced it is on the disk.
 */
final class FileSpace {
  /** Garbage that may be there, and as much again as there are data. */
  private static final long SPARE = 16L << 20;

  private static final int NEVER = Integer.MAX_VALUE;
  private static final int STEPS = 4;
  private static final int STEP = 256 << 10;
  private static final int MOVED = 4 << 20;

  private final MVStore store;
  private final RandomAccessStore file;

  private FileSpace(MVStore store, RandomAccessStore file) {
    this.store = store;
    this.file = file;
  }

  /** That of a connection's database; empty if it has no file. */
  static Optional<FileSpace> of(Connection connection) throws SQLException {
    if (connection.unwrap(JdbcConnection.class).getSession() instanceof SessionLocal session) {
      MVStore store = session.getDatabase().getStore().getMvStore();
      if (store.getFileStore() instanceof RandomAccessStore file) {
        return Optional.of(new FileSpace(store, file));
      }
    }
    return Optional.empty();
  }

  /** Collects garbage if there is much; takes a moment, in which nothing is committed. */
  void collect() {
    if (file.size() < SPARE) {
      return;
    }
    if (hasGarbage(1)) {
      free();
      for (int i = 0; i < STEPS && hasGarbage(2) && rewrite(); i++) {
        store.commit();
      }
    }
    if (file.size() > 2 * (taken() + SPARE)) {
      file.compactMoveChunks(100, MOVED, store);
    }
  }

  /** Bytes of chunks. */
  private long taken() {
    return file.size() / 100 * file.getFillRate();
  }

  /** Whether more than a part of what may be there. */
  private boolean hasGarbage(int part) {
    long taken = taken();
    long data = taken / 100 * file.getChunksFillRate();
    return taken - data > (SPARE + data) / part;
  }

  /** Gives chunks free that were garbage when the last version came that is on the disk. */
  private void free() {
    long last = file.lastChunkVersion();
    store.sync();
    store.executeFilestoreOperation(() -> {
      store.setVersionsToKeep((int) (store.getCurrentVersion() - last));
      store.setRetentionTime(0);
      file.dropUnusedChunks();
      store.setRetentionTime(NEVER);
      store.setVersionsToKeep(0);
    });
  }

  /** Copies the data of those chunks that have few; whether there were any. */
  private boolean rewrite() {
    // H2 rewrites chunks whose time is over, which commits meanwhile would use again at once.
    permit(NEVER, 0);
    try {
      return store.compact(100, STEP);
    } finally {
      permit(0, NEVER);
    }
  }

  private void permit(int versions, int millis) {
    store.executeFilestoreOperation(() -> {
      store.setVersionsToKeep(versions);
      store.setRetentionTime(millis);
    });
  }
}
