// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import com.google.protobuf.Timestamp;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import org.jdbi.v3.core.Handle;

/**
 * The time by the clock of a database that orchestrators share, so that it does not matter what
 * their own say: asked now and then, and counted on from there. An embedded database has ours.
 */
final class DatabaseClock {
  private final boolean shared;
  private volatile Reading last = new Reading(Instant.EPOCH, 0);

  private record Reading(Instant time, long nanos) {}

  DatabaseClock(Database database) {
    shared = database.isShared();
    if (shared) {
      database.transact(this::read);
    }
  }

  /** Asks the database. */
  OffsetDateTime read(Handle row) {
    long asked = System.nanoTime();
    OffsetDateTime time =
        row.createQuery("SELECT clock_timestamp()").mapTo(OffsetDateTime.class).one();
    last = new Reading(time.toInstant(), asked + (System.nanoTime() - asked) / 2);
    return time;
  }

  /** The time, in the microseconds that columns keep. */
  Instant now() {
    Reading from = last;
    Instant now = shared ? from.time().plusNanos(System.nanoTime() - from.nanos()) : Instant.now();
    return now.truncatedTo(ChronoUnit.MICROS);
  }

  OffsetDateTime time() {
    return Rows.time(now());
  }

  Timestamp timestamp() {
    Instant now = now();
    return Timestamp.newBuilder().setSeconds(now.getEpochSecond()).setNanos(now.getNano()).build();
  }
}
