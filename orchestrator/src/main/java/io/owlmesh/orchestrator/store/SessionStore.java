// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import com.google.protobuf.Timestamp;
import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.identity.Tenant;
import io.owlmesh.proto.chat.v1.Session;
import java.time.Duration;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * Conversations in a database. Every method is one transaction: what returned normally survives a
 * crash of the process. A failure of the database is UNAVAILABLE.
 */
public final class SessionStore implements AutoCloseable {
  private final Database database;
  private final ImageStore files;
  private final ImageRepository images;
  private final TurnStore turns;
  private final OperatorStore operators;
  private final Sweeper sweeper;

  private SessionStore(Database database, ImageStore files) {
    this.database = database;
    this.files = files;
    this.images = new ImageRepository(database, files);
    this.turns = new TurnStore(database);
    this.operators = OperatorStore.of(database);
    this.sweeper = new Sweeper(database, images);
  }

  /** The time by the database's clock, in the microseconds that columns keep. */
  public Timestamp now() {
    return database.clock().timestamp();
  }

  /** Copies of all that is kept. */
  public Backup backup() {
    return new Backup(database, files);
  }

  /** What operators set. */
  public OperatorStore operators() {
    return operators;
  }

  /** What was done. */
  public AuditStore audit() {
    return new AuditStore(database);
  }

  /** What was asked for in a minute. */
  public UsageStore usage() {
    return UsageStore.of(database);
  }

  /** The turns that are taken. */
  public TurnStore turns() {
    return turns;
  }

  /**
   * Opens the database, making its tables if they are not there. Answers that were being written
   * when it was left become interrupted ones; those that other orchestrators write do not.
   *
   * @param url {@code jdbc:h2:...} or {@code jdbc:postgresql:...}
   */
  public static SessionStore open(
      String url, Optional<String> user, Optional<String> password, ImageStore files) {
    SessionStore store = new SessionStore(new Database(url, user, password), files);
    try {
      store.turns.abandoned().forEach(store.turns::interrupt);
    } catch (RuntimeException e) {
      store.close();
      throw e;
    }
    return store;
  }

  /**
   * Whether the database answers.
   *
   * @throws OwlException UNAVAILABLE if it does not
   */
  public void check() {
    database.check();
  }

  /** What a tenant keeps, of which there may be as much as there is room for. */
  public TenantStore of(Tenant tenant) {
    return of(tenant, Long.MAX_VALUE);
  }

  /**
   * What a tenant keeps.
   *
   * @param most bytes of all its image files
   */
  public TenantStore of(Tenant tenant, long most) {
    return new TenantStore(database, images, sweeper, tenant, most);
  }

  /** A session of any tenant: that it is the caller's, {@link TenantStore#session} has told. */
  static Session session(Handle row, String id, String lock) {
    return row.createQuery("SELECT * FROM session WHERE id = :id" + lock)
        .bind("id", Rows.id(id))
        .map((result, _) -> Rows.session(result))
        .findOne()
        .orElseThrow(() -> unknown(id));
  }

  static OwlException unknown(String id) {
    return new OwlException(ErrorCode.SESSION_NOT_FOUND, "session_id", "no session '" + id + "'");
  }

  /**
   * Deletes sessions that nobody changed for so long and in which no answer is being written, and
   * images that nothing shows; and what was deleted is not even to be read in the file of an
   * embedded database any more. Does nothing while another orchestrator does, or if one did lately.
   *
   * @param unchanged by the database's clock; however old, none are deleted if it is empty
   * @param since the least time since the last sweep
   * @return how many sessions
   */
  public int sweep(Optional<Duration> unchanged, Duration since) {
    return sweeper.sweep(unchanged, since);
  }

  @Override
  public void close() {
    database.close();
    files.close();
  }
}
