// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import io.owlmesh.core.OwlException;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.UUID;

/**
 * Writes conversations of one turn into an orchestrator's tables, faster than through its door. The
 * same number is always the same conversation, but for the times.
 */
final class SessionFill {
  private static final int BATCH = 5_000;
  private static final String SESSION =
      "INSERT INTO session (id, title, settings, created_at, updated_at, head)"
          + " VALUES (?, ?, '{}', ?, ?, ?)";
  private static final String MESSAGE =
      "INSERT INTO message (id, session_id, parent_id, role, body, state, created_at)"
          + " VALUES (?, ?, ?, ?, ?, 'complete', ?)";

  private final String url;

  /**
   * @param url of JDBC, of a database that nobody else has open if it is embedded
   */
  SessionFill(String url) {
    this.url = url;
  }

  /** Refuses a database in which somebody may keep something. */
  void requireEmpty() throws SQLException {
    try (Connection connection = DriverManager.getConnection(url);
        ResultSet tables =
            connection.getMetaData().getTables(null, null, "%", new String[] {"TABLE"})) {
      while (tables.next()) {
        if (!"pg_catalog".equals(tables.getString("TABLE_SCHEM"))) {
          throw OwlException.badInput(
              "postgres", "the database has tables already: name one that was just created");
        }
      }
    }
  }

  /** Id of a conversation by its number. */
  static String session(int number) {
    return id('s', number);
  }

  private static String id(char kind, int number) {
    return UUID.nameUUIDFromBytes(ByteBuffer.allocate(6).putChar(kind).putInt(number).array())
        .toString();
  }

  /** Adds the conversations numbered from {@code first} to before {@code end}. */
  void add(int first, int end) throws SQLException {
    OffsetDateTime begin =
        OffsetDateTime.now(ZoneOffset.UTC).truncatedTo(ChronoUnit.MICROS).minusDays(20);
    try (Connection connection = DriverManager.getConnection(url)) {
      connection.setAutoCommit(false);
      try (PreparedStatement sessions = connection.prepareStatement(SESSION);
          PreparedStatement messages = connection.prepareStatement(MESSAGE)) {
        for (int i = first; i < end; i++) {
          OffsetDateTime at = begin.plusSeconds(i);
          session(sessions, i, at);
          message(messages, i, id('q', i), "", "human", "Where is the purple cross?", at);
          message(messages, i, id('a', i), id('q', i), "ai", "Right of the blue square.", at);
          if ((i + 1 - first) % BATCH == 0 || i + 1 == end) {
            sessions.executeBatch();
            messages.executeBatch();
            connection.commit();
          }
        }
      }
    }
  }

  private static void session(PreparedStatement row, int number, OffsetDateTime at)
      throws SQLException {
    row.setString(1, session(number));
    row.setString(2, "Conversation " + number);
    row.setObject(3, at);
    row.setObject(4, at);
    row.setString(5, id('a', number));
    row.addBatch();
  }

  private static void message(
      PreparedStatement row,
      int session,
      String id,
      String parent,
      String role,
      String text,
      OffsetDateTime at)
      throws SQLException {
    row.setString(1, id);
    row.setString(2, session(session));
    row.setString(3, parent);
    row.setString(4, role);
    row.setString(5, text);
    row.setObject(6, at);
    row.addBatch();
  }
}
