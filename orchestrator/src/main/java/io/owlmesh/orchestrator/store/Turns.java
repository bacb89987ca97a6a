// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.Session;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;

/** What becomes of answers in their table; each method works in the transaction of its caller. */
final class Turns {
  private static final int TITLE = 60;

  private Turns() {}

  /**
   * Adds a turn.
   *
   * @param session to which it belongs, locked
   */
  static int begin(Handle row, Session session, Turn turn) {
    if (turn.newQuestion()) {
      Messages.insert(row, turn.sessionId(), turn.question());
      ImageRepository.show(row, turn.question().getId(), turn.question().getImagesList());
    }
    Messages.insert(row, turn.sessionId(), turn.answer());
    if (!turn.requestId().isEmpty()) {
      Messages.insertKey(row, turn);
    }
    return row.createUpdate(
            "UPDATE session SET title = :title, head = :head, updated_at = :now WHERE id = :id")
        .bind("title", title(session, turn.question()))
        .bind("head", turn.answer().getId())
        .bind("now", Rows.time(Instant.now()))
        .bind("id", turn.sessionId())
        .execute();
  }

  /** The first line of the first message names a session that has no name. */
  private static String title(Session session, Message question) {
    if (!session.getTitle().isEmpty()) {
      return session.getTitle();
    }
    String line = question.getText().strip().lines().findFirst().orElse("");
    int end = line.offsetByCodePoints(0, Math.min(TITLE, line.codePointCount(0, line.length())));
    return end < line.length() ? line.substring(0, end) + "…" : line;
  }

  static int restart(Handle row, String sessionId, String answerId) {
    touch(row, sessionId);
    return row.createUpdate(
            "UPDATE message SET state = 'answering', body = '', answer = '', error = '',"
                + " error_code = '', error_field = '' WHERE session_id = :session AND id = :id")
        .bind("session", sessionId)
        .bind("id", answerId)
        .execute();
  }

  private static void touch(Handle row, String sessionId) {
    row.createUpdate("UPDATE session SET updated_at = :now WHERE id = :id")
        .bind("now", Rows.time(Instant.now()))
        .bind("id", sessionId)
        .execute();
  }

  static List<String> answering(Handle row) {
    return row.createQuery("SELECT DISTINCT session_id FROM message WHERE state = 'answering'")
        .mapTo(String.class)
        .list();
  }

  static int interrupt(Handle row, String sessionId) {
    return row.createUpdate(
            "UPDATE message SET state = 'interrupted'"
                + " WHERE session_id = :session AND state = 'answering'")
        .bind("session", sessionId)
        .execute();
  }

  static int[] save(Handle row, Collection<Draft> drafts) {
    PreparedBatch batch =
        row.prepareBatch(
            "UPDATE message SET body = :text"
                + " WHERE session_id = :session AND id = :id AND state = 'answering'");
    for (Draft draft : drafts) {
      batch
          .bind("text", draft.text())
          .bind("session", draft.sessionId())
          .bind("id", draft.answerId())
          .add();
    }
    return batch.execute();
  }

  static int finish(Handle row, String sessionId, Message answer) {
    // In this order whoever deletes a session locks, too.
    touch(row, sessionId);
    return row.createUpdate(
            "UPDATE message SET body = :text, state = :state, answer = :answer,"
                + " error = :error, error_code = :errorCode, error_field = :errorField"
                + " WHERE session_id = :session AND id = :id")
        .bind("text", answer.getText())
        .bind("state", Rows.word(answer.getState(), "MESSAGE_STATE_"))
        .bind("answer", answer.hasAnswer() ? Rows.json(answer.getAnswer()) : "")
        .bind("error", answer.getError())
        .bind("errorCode", answer.getErrorCode())
        .bind("errorField", answer.getErrorField())
        .bind("session", sessionId)
        .bind("id", answer.getId())
        .execute();
  }
}
