// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import io.owlmesh.core.OwlException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/**
 * What orchestrators tell each other, by LISTEN and NOTIFY. Some may be lost while the connection
 * is: whoever waits for one looks by himself, too, less often.
 */
final class NoticeBoard implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(NoticeBoard.class);
  private static final String CHANNEL = "owl_turns";
  private static final int ROUND_MILLIS = 1_000;
  private static final int ROUNDS = 10; // Of silence, before the connection is tried.
  private static final int TRIAL_SECONDS = 5;

  private final Database database;
  private final Consumer<Notice> told;
  private volatile boolean closed;

  /**
   * @param told from a thread that should go on soon
   */
  NoticeBoard(Database database, Consumer<Notice> told) {
    this.database = database;
    this.told = told;
    Thread.ofPlatform().name("notices").daemon(true).start(this::run);
  }

  /** Tells all that listen; if that fails, nobody hears of it. */
  static void tell(Database database, Notice notice) {
    try {
      database.transact(row ->
          row.createQuery("SELECT pg_notify(:channel, :text)")
              .bind("channel", CHANNEL)
              .bind("text", notice.toString())
              .map((_, _) -> notice.sessionId())
              .one());
    } catch (OwlException e) {
      LOG.debug("Not told: " + notice, e);
    }
  }

  private void run() {
    boolean lost = false;
    while (!closed) {
      try (Connection connection = database.connect();
          Statement statement = connection.createStatement()) {
        statement.execute("LISTEN " + CHANNEL);
        if (lost) {
          LOG.info("Hearing of other orchestrators again");
          lost = false;
        }
        listen(connection);
      } catch (SQLException e) {
        if (!lost && !closed) {
          LOG.warn("The database cannot be listened to; trying again each second", e);
        }
        lost = true;
        pause();
      }
    }
  }

  private void listen(Connection connection) throws SQLException {
    PGConnection notices = connection.unwrap(PGConnection.class);
    int silent = 0;
    while (!closed) {
      PGNotification[] some = notices.getNotifications(ROUND_MILLIS);
      if (some == null || some.length == 0) {
        if (++silent % ROUNDS == 0 && !connection.isValid(TRIAL_SECONDS)) {
          throw new SQLException("the connection is broken");
        }
        continue;
      }
      for (PGNotification one : some) {
        Optional<Notice> notice = Notice.parse(one.getParameter());
        notice.ifPresent(this::tell);
      }
    }
  }

  private void tell(Notice notice) {
    try {
      told.accept(notice);
    } catch (RuntimeException e) {
      LOG.error("A notice was not understood: " + notice, e);
    }
  }

  private void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(ROUND_MILLIS);
    } catch (InterruptedException e) {
      closed = true;
    }
  }

  @Override
  public void close() {
    closed = true; // The thread sees it within a round.
  }
}
