// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.identity.Tenant;
import io.owlmesh.proto.chat.v1.Image;
import io.owlmesh.proto.chat.v1.Message;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Messages in their table; each method works in the transaction of its caller. */
final class Messages {
  private Messages() {}

  /** Where a message is. */
  record Place(String sessionId, String messageId) {}

  /** All of a session, parents before children. */
  static List<Message> of(Handle row, String sessionId) {
    Map<String, Message.Builder> messages = new LinkedHashMap<>();
    row.createQuery("SELECT * FROM message WHERE session_id = :session ORDER BY number")
        .bind("session", sessionId)
        .map((result, _) -> Rows.message(result))
        .forEach(message -> messages.put(message.getId(), message));
    row.createQuery(
            """
            SELECT m.message_id, i.* FROM message_image m
            JOIN image i ON i.tenant = m.tenant AND i.sha256 = m.sha256
            JOIN message g ON g.id = m.message_id
            WHERE g.session_id = :session ORDER BY g.number, m.place
            """)
        .bind("session", sessionId)
        .map((result, _) -> Map.entry(result.getString("message_id"), Rows.image(result)))
        .forEach(image -> show(messages.get(image.getKey()), image.getValue()));
    return messages.values().stream().map(Message.Builder::build).toList();
  }

  private static void show(Message.@Nullable Builder message, Image image) {
    if (message != null) {
      message.addImages(image);
    }
  }

  static Message require(Handle row, String sessionId, String messageId) {
    Message.Builder message =
        row.createQuery("SELECT * FROM message WHERE id = :id AND session_id = :session")
            .bind("id", Rows.id(messageId))
            .bind("session", sessionId)
            .map((result, _) -> Rows.message(result))
            .findOne()
            .orElseThrow(() ->
                new OwlException(
                    ErrorCode.MESSAGE_NOT_FOUND,
                    "message_id",
                    "no message '" + messageId + "' in this session"));
    row.createQuery(
            """
            SELECT i.* FROM message_image m
            JOIN image i ON i.tenant = m.tenant AND i.sha256 = m.sha256
            WHERE m.message_id = :id ORDER BY m.place
            """)
        .bind("id", message.getId())
        .map((result, _) -> Rows.image(result))
        .forEach(message::addImages);
    return message.build();
  }

  /** Images that messages of a session show, each once. */
  static List<String> images(Handle row, String sessionId) {
    return row.createQuery(
            """
            SELECT DISTINCT i.sha256 FROM message_image i JOIN message m ON m.id = i.message_id
            WHERE m.session_id = :session
            """)
        .bind("session", sessionId)
        .mapTo(String.class)
        .list();
  }

  /**
   * Adds a message.
   *
   * @param fence of the lease that it is written under; of what a human says, 0
   */
  static void insert(Handle row, String sessionId, Message message, long fence) {
    row.createUpdate(
            """
            INSERT INTO message
              (id, session_id, parent_id, role, body, state, created_at, fence, model)
            VALUES (:id, :session, :parent, :role, :text, :state, :createdAt, :fence, :model)
            """)
        .bind("id", message.getId())
        .bind("session", sessionId)
        .bind("parent", message.getParentId())
        .bind("role", Rows.word(message.getRole(), "ROLE_"))
        .bind("text", message.getText())
        .bind("state", Rows.word(message.getState(), "MESSAGE_STATE_"))
        .bind("createdAt", Rows.time(message.getCreatedAt()))
        .bind("fence", fence)
        .bind("model", message.getModel())
        .execute();
  }

  static void insertKey(Handle row, Turn turn) {
    row.createUpdate("INSERT INTO turn VALUES (:session, :request, :asked, :question, :answer)")
        .bind("session", turn.sessionId())
        .bind("request", turn.requestId())
        .bind("asked", turn.asked())
        .bind("question", turn.question().getId())
        .bind("answer", turn.answer().getId())
        .execute();
  }

  static Optional<Turn> turn(Handle row, String sessionId, String requestId) {
    return row.createQuery(
            "SELECT asked, question_id, answer_id FROM turn"
                + " WHERE session_id = :session AND request_id = :request")
        .bind("session", sessionId)
        .bind("request", requestId)
        .map((result, _) -> List.of(result.getString(1), result.getString(2), result.getString(3)))
        .findOne()
        .map(found ->
            new Turn(
                sessionId,
                requestId,
                found.get(0),
                require(row, sessionId, found.get(1)),
                require(row, sessionId, found.get(2)),
                false));
  }

  static List<Place> rated(Handle row, Tenant tenant, List<String> ratings) {
    return row.createQuery(
            """
            SELECT m.session_id, m.id FROM message m JOIN session s ON s.id = m.session_id
            WHERE s.tenant = :tenant AND m.rating IN (<ratings>) ORDER BY m.number
            """)
        .bind("tenant", tenant.name())
        .bindList("ratings", ratings)
        .map((result, _) -> new Place(result.getString(1), result.getString(2)))
        .list();
  }

  /** The dialogue that ends with a message; nothing if that is gone. */
  static Optional<RatedDialogue> upTo(Handle row, String sessionId, String messageId) {
    Map<String, Message> byId = new HashMap<>();
    of(row, sessionId).forEach(message -> byId.put(message.getId(), message));
    List<Message> branch = new ArrayList<>();
    @Nullable Message next = byId.get(messageId);
    while (next != null) {
      branch.add(next);
      next = byId.get(next.getParentId());
    }
    Collections.reverse(branch);
    return row.createQuery("SELECT * FROM session WHERE id = :id")
        .bind("id", sessionId)
        .map((result, _) -> Rows.session(result))
        .findOne()
        .filter(_ -> !branch.isEmpty())
        .map(session -> new RatedDialogue(session, branch));
  }
}
