// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jdbi.v3.core.Handle;

/** Deletes what is too old or of no use; of several orchestrators, one at a time. */
final class Sweeper {
  private static final String TASK = "sweep";
  private static final Duration TIME = Duration.ofMinutes(10);

  private final Database database;
  private final ImageRepository images;
  // At first, for nobody knows what was deleted before a crash.
  private final AtomicBoolean deleted = new AtomicBoolean(true);

  Sweeper(Database database, ImageRepository images) {
    this.database = database;
    this.images = images;
  }

  /** Something was deleted of which the file of an embedded database still has the text. */
  void deleted() {
    deleted.set(true);
  }

  /** As {@link SessionStore#sweep}. */
  int sweep(Optional<Duration> unchanged, Duration since) {
    if (!database.isShared()) {
      return sweep(unchanged);
    }
    if (!database.transact(row -> Leases.beginTask(row, TASK, since, TIME))) {
      return 0;
    }
    try {
      return sweep(unchanged);
    } finally {
      database.transact(row -> Leases.endTask(row, TASK));
    }
  }

  private int sweep(Optional<Duration> unchanged) {
    int old =
        unchanged
            .map(database.clock().now()::minus)
            .map(before -> database.transact(row -> deleteOld(row, Rows.time(before))))
            .orElse(0);
    images.sweep();
    if (deleted.getAndSet(false) || old > 0) {
      database.forget();
    }
    return old;
  }

  private static int deleteOld(Handle row, OffsetDateTime before) {
    // Whoever begins an answer changes the session, in the same transaction.
    return row.createUpdate(
            """
            DELETE FROM session WHERE updated_at < :before AND NOT EXISTS
              (SELECT 1 FROM message m
                WHERE m.session_id = session.id AND m.state = 'answering')
            """)
        .bind("before", before)
        .execute();
  }
}
