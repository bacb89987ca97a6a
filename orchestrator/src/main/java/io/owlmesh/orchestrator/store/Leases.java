// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.chat.v1.Session;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * Leases in their table, of PostgreSQL alone; each method works in the transaction of its caller.
 */
final class Leases {
  /** Whose lease it is. */
  private static final String OURS =
      " WHERE session_id = :session AND owner = :owner AND fence = :fence";

  private static final String UNTIL = "clock_timestamp() + make_interval(secs => :seconds)";

  private Leases() {}

  /**
   * For the transaction of a statement: a lease that is left undone with the server, when that
   * crashes, is as good as none, as nothing can be written under it. So nobody waits for the disk.
   */
  private static final String NOT_FOREVER = "set_config('synchronous_commit', 'off', true)";

  /** Takes the lease of a session unless somebody has one, or there is no such session. */
  static Optional<TurnLease> take(
      Handle row, String session, String owner, String request, Duration time) {
    return row.createQuery(
            """
            INSERT INTO turn_lease (session_id, owner, fence, request_id, expires_at)
            SELECT id, :owner, nextval('turn_fence'), :request, %s FROM session, %s
            WHERE id = :session
            ON CONFLICT (session_id) DO NOTHING RETURNING fence
            """
                .formatted(UNTIL, NOT_FOREVER))
        .bind("session", Rows.id(session))
        .bind("owner", owner)
        .bind("request", request)
        .bind("seconds", seconds(time))
        .mapTo(Long.class)
        .findOne()
        .map(fence -> new TurnLease(session, owner, fence));
  }

  private static double seconds(Duration time) {
    return time.toMillis() / 1e3;
  }

  /** Who has the lease of a session now, and is to tell when it is free. */
  static Optional<LeaseHolder> await(Handle row, String session) {
    return row.createQuery(
            """
            UPDATE turn_lease SET waited = TRUE FROM %s WHERE session_id = :session
            RETURNING request_id, expires_at <= clock_timestamp() AS expired
            """
                .formatted(NOT_FOREVER))
        .bind("session", Rows.id(session))
        .map((result, _) -> new LeaseHolder(result.getString(1), result.getBoolean(2)))
        .findOne();
  }

  /**
   * The session of a lease, locked, and with it that nobody took the lease from us.
   *
   * @throws OwlException UNAVAILABLE if somebody did; NOT_FOUND if the session is gone
   */
  static Session lock(Handle row, TurnLease lease) {
    return row.createQuery(
            "SELECT session.* FROM session JOIN turn_lease ON session_id = id"
                + OURS
                + " FOR UPDATE")
        .bind("owner", lease.owner())
        .bind("fence", lease.fence())
        .bind("session", lease.sessionId())
        .map((result, _) -> Rows.session(result))
        .findOne()
        .orElseThrow(() -> {
          SessionStore.session(row, lease.sessionId(), "");
          return lost();
        });
  }

  static OwlException lost() {
    return new OwlException(
        Fault.UNAVAILABLE,
        "",
        "another orchestrator took over; the same request may be sent again");
  }

  /** Gives a lease back; whether another orchestrator waits for it. */
  static boolean release(Handle row, TurnLease lease) {
    return row.createQuery("DELETE FROM turn_lease" + OURS + " RETURNING waited")
        .bind("owner", lease.owner())
        .bind("fence", lease.fence())
        .bind("session", lease.sessionId())
        .mapTo(Boolean.class)
        .findOne()
        .orElse(false);
  }

  /** Renews leases; of those that are still there, which answers are to be stopped. */
  static List<RenewedLease> renew(
      Handle row, String owner, Collection<TurnLease> leases, Duration time) {
    return row.createQuery(
            """
            UPDATE turn_lease SET expires_at = %s FROM %s WHERE owner = :owner AND fence IN (<fences>)
            RETURNING fence, stopped
            """
                .formatted(UNTIL, NOT_FOREVER))
        .bind("owner", owner)
        .bind("seconds", seconds(time))
        .bindList("fences", leases.stream().map(TurnLease::fence).toList())
        .map((result, _) -> new RenewedLease(result.getLong(1), result.getBoolean(2)))
        .list();
  }

  /** Asks whoever has the lease of a session to end its answer; whether anybody has. */
  static boolean stop(Handle row, String session) {
    return row.createUpdate("UPDATE turn_lease SET stopped = TRUE WHERE session_id = :session")
            .bind("session", Rows.id(session))
            .execute()
        > 0;
  }

  /** Forgets expired leases under which no answer is being written. */
  static int forget(Handle row) {
    return row.execute(
        """
        DELETE FROM turn_lease WHERE expires_at <= clock_timestamp() AND NOT EXISTS
          (SELECT 1 FROM message m WHERE m.session_id = turn_lease.session_id
            AND m.fence = turn_lease.fence AND m.state = 'answering')
        """);
  }

  /** Takes an expired lease from its owner; false if it was renewed meanwhile. */
  static boolean end(Handle row, AbandonedAnswer answer) {
    row.createUpdate(
            "DELETE FROM turn_lease WHERE session_id = :session AND fence = :fence"
                + " AND expires_at <= clock_timestamp()")
        .bind("session", answer.sessionId())
        .bind("fence", answer.fence())
        .execute();
    return row.createQuery(
            "SELECT 1 FROM turn_lease WHERE session_id = :session AND fence = :fence")
        .bind("session", answer.sessionId())
        .bind("fence", answer.fence())
        .mapTo(Integer.class)
        .findOne()
        .isEmpty();
  }

  /**
   * Begins what one orchestrator at a time does, unless another one is at it.
   *
   * @param since the least time since it was begun before
   * @param time after which others may begin it, even if it was not ended
   */
  static boolean beginTask(Handle row, String name, Duration since, Duration time) {
    return row.createUpdate(
                """
                INSERT INTO task AS t VALUES (:name, clock_timestamp(), %s)
                ON CONFLICT (name) DO UPDATE
                SET begun_at = excluded.begun_at, expires_at = excluded.expires_at
                WHERE t.expires_at <= clock_timestamp()
                  AND t.begun_at <= clock_timestamp() - make_interval(secs => :since)
                """
                    .formatted(UNTIL))
            .bind("name", name)
            .bind("seconds", seconds(time))
            .bind("since", seconds(since))
            .execute()
        > 0;
  }

  static int endTask(Handle row, String name) {
    return row.createUpdate("UPDATE task SET expires_at = clock_timestamp() WHERE name = :name")
        .bind("name", name)
        .execute();
  }
}
