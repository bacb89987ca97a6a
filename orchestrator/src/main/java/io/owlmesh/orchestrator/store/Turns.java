// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.Session;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
   * @param fence of the lease that the answer is written under
   */
  static int begin(Handle row, Session session, Turn turn, long fence, OffsetDateTime now) {
    if (turn.newQuestion()) {
      Messages.insert(row, turn.sessionId(), turn.question(), 0);
      ImageRepository.show(row, turn.sessionId(), turn.question());
    }
    Messages.insert(row, turn.sessionId(), turn.answer(), fence);
    if (!turn.requestId().isEmpty()) {
      Messages.insertKey(row, turn);
    }
    return row.createUpdate(
            "UPDATE session SET title = :title, head = :head, updated_at = :now WHERE id = :id")
        .bind("title", title(session, turn.question()))
        .bind("head", turn.answer().getId())
        .bind("now", now)
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

  static int restart(
      Handle row, TurnLease lease, String answerId, String model, OffsetDateTime now) {
    touch(row, lease.sessionId(), now);
    return row.createUpdate(
            "UPDATE message SET state = 'answering', body = '', answer = '', error = '',"
                + " error_code = '', error_field = '', model = :model, fence = :fence"
                + " WHERE session_id = :session AND id = :id")
        .bind("model", model)
        .bind("fence", lease.fence())
        .bind("session", lease.sessionId())
        .bind("id", answerId)
        .execute();
  }

  /** Whether the session is there. */
  private static boolean touch(Handle row, String sessionId, OffsetDateTime now) {
    return row.createUpdate("UPDATE session SET updated_at = :now WHERE id = :id")
            .bind("now", now)
            .bind("id", sessionId)
            .execute()
        > 0;
  }

  /** Answers that are being written, in sessions of which nobody has a lease. */
  static List<AbandonedAnswer> abandoned(Handle row) {
    return row.createQuery(
            """
            SELECT session_id, id, fence FROM message WHERE state = 'answering' AND NOT EXISTS
              (SELECT 1 FROM turn_lease l WHERE l.session_id = message.session_id
                AND l.fence = message.fence AND l.expires_at > CURRENT_TIMESTAMP)
            """)
        .map((result, _) ->
            new AbandonedAnswer(result.getString(1), result.getString(2), result.getLong(3)))
        .list();
  }

  static int interrupt(Handle row, AbandonedAnswer answer) {
    return row.createUpdate(
            "UPDATE message SET state = 'interrupted'"
                + " WHERE id = :id AND fence = :fence AND state = 'answering'")
        .bind("id", answer.answerId())
        .bind("fence", answer.fence())
        .execute();
  }

  static int[] save(Handle row, Collection<Draft> drafts) {
    PreparedBatch batch =
        row.prepareBatch(
            "UPDATE message SET body = :text"
                + " WHERE id = :id AND fence = :fence AND state = 'answering'");
    for (Draft draft : drafts) {
      batch
          .bind("text", draft.text())
          .bind("id", draft.answerId())
          .bind("fence", draft.fence())
          .add();
    }
    return batch.execute();
  }

  /**
   * Keeps the end of an answer.
   *
   * @return whether it was being written under this lease, or its session is gone
   */
  static boolean finish(Handle row, TurnLease lease, Message answer, OffsetDateTime now) {
    // In this order whoever deletes a session locks, too.
    return !touch(row, lease.sessionId(), now)
        || row.createUpdate(
                    "UPDATE message SET body = :text, state = :state, answer = :answer,"
                        + " error = :error, error_code = :errorCode, error_field = :errorField"
                        + " WHERE id = :id AND fence = :fence AND state = 'answering'")
                .bind("text", answer.getText())
                .bind("state", Rows.word(answer.getState(), "MESSAGE_STATE_"))
                .bind("answer", answer.hasAnswer() ? Rows.json(answer.getAnswer()) : "")
                .bind("error", answer.getError())
                .bind("errorCode", answer.getErrorCode())
                .bind("errorField", answer.getErrorField())
                .bind("id", answer.getId())
                .bind("fence", lease.fence())
                .execute()
            > 0;
  }

  /** An answer and its question, if it is there. */
  static Optional<StoredAnswer> answer(Handle row, String sessionId, String answerId) {
    return row.createQuery(
            "SELECT parent_id, fence FROM message"
                + " WHERE id = :id AND session_id = :session AND role = 'ai'")
        .bind("id", Rows.id(answerId))
        .bind("session", sessionId)
        .map((result, _) -> Map.entry(result.getString(1), result.getLong(2)))
        .findOne()
        .map(found ->
            new StoredAnswer(
                Messages.require(row, sessionId, found.getKey()),
                Messages.require(row, sessionId, answerId),
                found.getValue()));
  }

  /** The answer that is being written in a session, or the last one. */
  static Optional<String> newest(Handle row, String sessionId) {
    return row.createQuery(
            """
            SELECT id FROM message WHERE session_id = :session AND role = 'ai'
            ORDER BY CASE WHEN state = 'answering' THEN 0 ELSE 1 END, number DESC LIMIT 1
            """)
        .bind("session", Rows.id(sessionId))
        .mapTo(String.class)
        .findOne();
  }
}
