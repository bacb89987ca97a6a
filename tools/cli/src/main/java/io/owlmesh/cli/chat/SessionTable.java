// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.chat;

import com.google.protobuf.Timestamp;
import io.grpc.Status;
import io.owlmesh.client.AnswerFailed;
import io.owlmesh.client.SessionClient;
import io.owlmesh.core.Columns;
import io.owlmesh.proto.chat.v1.ListSessionsResponse;
import io.owlmesh.proto.chat.v1.Session;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;

/** Sessions as a table, the one changed last first. */
final class SessionTable {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm").withZone(ZoneId.systemDefault());
  private static final int PAGE = 200;
  private static final int TITLE = 50;

  private SessionTable() {}

  /** At most so many; says so if there are more. */
  static String of(SessionClient mesh, int most) throws AnswerFailed {
    List<Session> sessions = new ArrayList<>();
    String token = "";
    do {
      ListSessionsResponse page = mesh.list(Math.min(PAGE, most - sessions.size()), token);
      sessions.addAll(page.getSessionsList());
      token = page.getNextPageToken();
    } while (!token.isEmpty() && sessions.size() < most);
    if (sessions.isEmpty()) {
      return "There are no sessions.";
    }
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("SESSION", "CHANGED", "MESSAGES", "TITLE"));
    for (Session session : sessions) {
      rows.add(
          List.of(
              session.getId(),
              time(session.getUpdatedAt()),
              messages(mesh, session),
              title(session)));
    }
    String table = new Columns(rows).toString();
    return token.isEmpty() ? table : table + System.lineSeparator() + "There are more.";
  }

  static String time(Timestamp time) {
    return TIME.format(Instant.ofEpochSecond(time.getSeconds()));
  }

  /** Of all branches. The session may be deleted while the list is made. */
  private static String messages(SessionClient mesh, Session session) throws AnswerFailed {
    try {
      return Integer.toString(mesh.get(session.getId()).getMessagesCount());
    } catch (AnswerFailed failed) {
      if (failed.code() == Status.Code.NOT_FOUND) {
        return "-";
      }
      throw failed;
    }
  }

  private static String title(Session session) {
    String title = session.getTitle().isEmpty() ? "(nothing said)" : session.getTitle();
    return title.length() <= TITLE
        ? title
        : title.substring(
                0,
                title.offsetByCodePoints(
                    0, Math.min(TITLE - 1, title.codePointCount(0, title.length()))))
            + "…";
  }
}
