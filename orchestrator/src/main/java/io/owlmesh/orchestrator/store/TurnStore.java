// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import io.owlmesh.core.OwlException;
import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.Session;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;

/**
 * Turns in a database, which several orchestrators may share: each is taken under the lease of its
 * session, and what is written after the lease was lost is refused. Every method is one
 * transaction; a failure of the database is UNAVAILABLE.
 */
public final class TurnStore {
  private final Database database;

  TurnStore(Database database) {
    this.database = database;
  }

  /** Whether other orchestrators may take turns, too. Else leases cost nothing. */
  public boolean isShared() {
    return database.isShared();
  }

  /**
   * Hears what other orchestrators tell, and this one.
   *
   * @return ends it
   */
  public AutoCloseable listen(Consumer<Notice> told) {
    return isShared() ? new NoticeBoard(database, told) : () -> {};
  }

  /** Tells all orchestrators; some may not hear it. */
  public void tell(Notice notice) {
    if (isShared()) {
      NoticeBoard.tell(database, notice);
    }
  }

  /** Takes the lease of a session unless somebody has one, or there is no such session. */
  public Optional<TurnLease> take(String sessionId, String owner, String requestId, Duration time) {
    return isShared()
        ? database.execute(row -> Leases.take(row, sessionId, owner, requestId, time))
        : Optional.of(TurnLease.alone(sessionId));
  }

  /** Who has the lease of a session, if anybody; {@link Notice.Kind#FREE} tells when it is free. */
  public Optional<LeaseHolder> await(String sessionId) {
    return database.execute(row -> Leases.await(row, sessionId));
  }

  /** Renews leases of an owner; tells those that are still there. */
  public List<RenewedLease> renew(String owner, Collection<TurnLease> leases, Duration time) {
    return database.transact(row -> {
      database.clock().read(row);
      return leases.isEmpty() ? List.of() : Leases.renew(row, owner, leases, time);
    });
  }

  /** Gives a lease back under which nothing is written any more. */
  public void release(TurnLease lease) {
    if (isShared() && database.execute(row -> Leases.release(row, lease))) {
      tell(new Notice(Notice.Kind.FREE, lease.sessionId()));
    }
  }

  /** Asks whoever takes a turn in a session to end its answer; whether anybody does. */
  public boolean stop(String sessionId) {
    boolean taken = isShared() && database.execute(row -> Leases.stop(row, sessionId));
    if (taken) {
      tell(new Notice(Notice.Kind.STOP, sessionId));
    }
    return taken;
  }

  /**
   * Keeps a turn whose answer is still to come; it becomes the current branch.
   *
   * @throws OwlException NOT_FOUND if the session or an image is gone; UNAVAILABLE if the lease is
   */
  public void begin(TurnLease lease, Turn turn) {
    database.transact(
        row -> Turns.begin(row, lock(row, lease), turn, lease.fence(), database.clock().time()));
  }

  private Session lock(Handle row, TurnLease lease) {
    return isShared()
        ? Leases.lock(row, lease)
        : SessionStore.session(row, lease.sessionId(), " FOR UPDATE");
  }

  /** The turn that a request took, if it was taken. */
  public Optional<Turn> turn(String sessionId, String requestId) {
    return database.transact(row -> Messages.turn(row, sessionId, requestId));
  }

  /**
   * An answer that ended early is written again.
   *
   * @throws OwlException NOT_FOUND if the session is gone; UNAVAILABLE if the lease is
   */
  public void restart(TurnLease lease, String answerId, String model) {
    database.transact(row -> {
      lock(row, lease);
      return Turns.restart(row, lease, answerId, model, database.clock().time());
    });
  }

  /** Keeps what was said so far of answers, as far as they are still written under their leases. */
  public void save(Collection<Draft> drafts) {
    database.transact(row -> Turns.save(row, drafts));
  }

  /**
   * Keeps the end of an answer, and gives its lease back. Does nothing if its session is gone.
   *
   * @throws OwlException UNAVAILABLE if the lease was lost
   */
  public void finish(TurnLease lease, Message answer) {
    boolean waited =
        database.transact(row -> {
          boolean told = isShared() && Leases.release(row, lease);
          if (!Turns.finish(row, lease, answer, database.clock().time())) {
            throw Leases.lost();
          }
          return told;
        });
    if (waited) {
      tell(new Notice(Notice.Kind.FREE, lease.sessionId()));
    }
  }

  /**
   * Answers that are being written, in sessions of which no orchestrator that lives has a lease.
   */
  public List<AbandonedAnswer> abandoned() {
    return database.transact(row -> {
      if (isShared()) {
        Leases.forget(row);
      }
      return Turns.abandoned(row);
    });
  }

  /** Nobody writes an answer any more, unless somebody does. */
  public void interrupt(AbandonedAnswer answer) {
    boolean ended =
        database.transact(
            row -> (!isShared() || Leases.end(row, answer)) && Turns.interrupt(row, answer) > 0);
    if (ended) {
      tell(new Notice(Notice.Kind.FREE, answer.sessionId()));
    }
  }

  /**
   * The answer that is being written in a session, or the last one.
   *
   * @throws OwlException NOT_FOUND, field {@code session_id}
   */
  public Optional<String> newest(String sessionId) {
    return database.transact(row -> {
      SessionStore.session(row, sessionId, "");
      return Turns.newest(row, sessionId);
    });
  }

  /** An answer as it was kept last, if it is there. */
  public Optional<StoredAnswer> answer(String sessionId, String answerId) {
    return database.transact(row -> Turns.answer(row, sessionId, answerId));
  }
}
