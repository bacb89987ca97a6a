// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.identity.Tenant;
import io.owlmesh.proto.chat.v1.Feedback;
import io.owlmesh.proto.chat.v1.Image;
import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.Rating;
import io.owlmesh.proto.chat.v1.Role;
import io.owlmesh.proto.chat.v1.Session;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;

/**
 * What one tenant keeps. What another one keeps is not there: whoever asks for it hears the same as
 * of what nobody keeps. Every method is one transaction, as those of {@link SessionStore}.
 */
public final class TenantStore {
  private static final String HOLDS =
      """
       AND (LOWER(title) LIKE LOWER(:text) ESCAPE '!' OR EXISTS (SELECT 1 FROM message
         WHERE session_id = session.id AND LOWER(body) LIKE LOWER(:text) ESCAPE '!'))\
      """;

  private final Database database;
  private final ImageRepository images;
  private final Sweeper sweeper;
  private final Tenant tenant;
  private final long most;

  /**
   * @param most bytes of all image files of the tenant
   */
  TenantStore(
      Database database, ImageRepository images, Sweeper sweeper, Tenant tenant, long most) {
    this.database = database;
    this.images = images;
    this.sweeper = sweeper;
    this.tenant = tenant;
    this.most = most;
  }

  /** Adds a session. */
  public void create(Session session) {
    database.transact(row ->
        row.createUpdate(
                """
                INSERT INTO session (id, tenant, title, settings, created_at, updated_at, head, model)
                VALUES (:id, :tenant, :title, :settings, :createdAt, :updatedAt, :head, :model)
                """)
            .bind("id", session.getId())
            .bind("tenant", tenant.name())
            .bind("title", session.getTitle())
            .bind("settings", Rows.json(session.getSettings()))
            .bind("createdAt", Rows.time(session.getCreatedAt()))
            .bind("updatedAt", Rows.time(session.getUpdatedAt()))
            .bind("head", session.getHead())
            .bind("model", session.getModel())
            .execute());
  }

  /**
   * A session.
   *
   * @throws OwlException NOT_FOUND, field {@code session_id}
   */
  public Session session(String id) {
    return database.transact(row -> session(row, id, ""));
  }

  /**
   * A session with all its messages.
   *
   * @throws OwlException NOT_FOUND, field {@code session_id}
   */
  public StoredConversation conversation(String id) {
    return database.transact(
        row -> new StoredConversation(session(row, id, ""), Messages.of(row, id)));
  }

  private Session session(Handle row, String id, String lock) {
    return row.createQuery("SELECT * FROM session WHERE id = :id AND tenant = :tenant" + lock)
        .bind("id", Rows.id(id))
        .bind("tenant", tenant.name())
        .map((result, _) -> Rows.session(result))
        .findOne()
        .orElseThrow(() -> SessionStore.unknown(id));
  }

  /**
   * Some sessions, the one changed last first.
   *
   * @param pageToken of the page before; empty for the first
   * @param text that title or messages hold, in upper or lower case; empty for all sessions
   * @throws OwlException BAD_INPUT, field {@code page_token}
   */
  public SessionPage list(int size, String pageToken, String text) {
    Optional<PageToken> from = PageToken.parse(pageToken);
    String where =
        "WHERE tenant = :tenant"
            + (from.isPresent() ? " AND (updated_at < :at OR (updated_at = :at AND id > :id))" : "")
            + (text.isEmpty() ? "" : HOLDS);
    List<Session> found =
        database.transact(row -> {
          var query =
              row.createQuery(
                      "SELECT * FROM session "
                          + where
                          + " ORDER BY updated_at DESC, id LIMIT :size")
                  .bind("tenant", tenant.name())
                  .bind("size", size + 1);
          if (!text.isEmpty()) {
            query.bind("text", "%" + text.replaceAll("[!%_]", "!$0") + "%");
          }
          from.ifPresent(token -> query.bind("at", token.at()).bind("id", token.id()));
          return query.map((result, _) -> Rows.session(result)).list();
        });
    List<Session> page = found.subList(0, Math.min(size, found.size()));
    return new SessionPage(page, found.size() > size ? PageToken.after(page.getLast()) : "");
  }

  /**
   * Changes title, settings or head of a session.
   *
   * @throws OwlException NOT_FOUND, field {@code session_id}
   */
  public Session update(String id, Consumer<Session.Builder> change) {
    return database.transact(row -> {
      Session.Builder session = session(row, id, " FOR UPDATE").toBuilder();
      change.accept(session);
      row.createUpdate(
              "UPDATE session SET title = :title, settings = :settings, head = :head,"
                  + " model = :model, updated_at = :now WHERE id = :id")
          .bind("title", session.getTitle())
          .bind("settings", Rows.json(session.getSettings()))
          .bind("head", session.getHead())
          .bind("model", session.getModel())
          .bind("now", database.clock().time())
          .bind("id", id)
          .execute();
      return session(row, id, "");
    });
  }

  /**
   * Deletes a session with all that only it has: messages, ratings, images and their files.
   *
   * @throws OwlException NOT_FOUND, field {@code session_id}
   */
  public void delete(String id) {
    images.delete(
        database.transact(row -> {
          session(row, id, " FOR UPDATE");
          List<String> shown = Messages.images(row, id);
          row.createUpdate("DELETE FROM session WHERE id = :id").bind("id", id).execute();
          return images.doom(row, tenant, shown);
        }));
    sweeper.deleted();
  }

  /** All messages of a session, parents before children; none if there is no such session. */
  public List<Message> messages(String sessionId) {
    return database.transact(row -> owns(row, sessionId) ? Messages.of(row, sessionId) : List.of());
  }

  private boolean owns(Handle row, String sessionId) {
    return row.createQuery("SELECT 1 FROM session WHERE id = :id AND tenant = :tenant")
        .bind("id", Rows.id(sessionId))
        .bind("tenant", tenant.name())
        .mapTo(Integer.class)
        .findOne()
        .isPresent();
  }

  /**
   * A message.
   *
   * @throws OwlException NOT_FOUND, field {@code session_id} or {@code message_id}
   */
  public Message message(String sessionId, String messageId) {
    return database.transact(row -> {
      session(row, sessionId, "");
      return Messages.require(row, sessionId, messageId);
    });
  }

  /**
   * Keeps what somebody thinks of an answer; without a rating, that nobody thinks anything.
   *
   * @throws OwlException NOT_FOUND, field {@code session_id}; or NOT_FOUND or BAD_INPUT, field
   *     {@code message_id}
   */
  public Message rate(String sessionId, String messageId, Feedback feedback) {
    return database.transact(row -> {
      session(row, sessionId, "");
      if (Messages.require(row, sessionId, messageId).getRole() != Role.ROLE_AI) {
        throw OwlException.badInput("message_id", "names a human message, not an answer");
      }
      boolean none = feedback.getRating() == Rating.RATING_UNSPECIFIED;
      row.createUpdate("UPDATE message SET rating = :rating, note = :note WHERE id = :id")
          .bind("rating", Rows.word(feedback.getRating()))
          .bind("note", none ? "" : feedback.getNote())
          .bind("id", messageId)
          .execute();
      return Messages.require(row, sessionId, messageId);
    });
  }

  /** Tells the dialogues up to rated answers, one by one, the oldest answer first. */
  public void rated(Set<Rating> ratings, Consumer<RatedDialogue> each) {
    List<String> words = ratings.stream().map(Rows::word).toList();
    for (Messages.Place place : database.transact(row -> Messages.rated(row, tenant, words))) {
      Optional<RatedDialogue> dialogue =
          database.transact(row -> Messages.upTo(row, place.sessionId(), place.messageId()));
      dialogue.ifPresent(each);
    }
  }

  /**
   * Keeps an image file once, for an hour at least, and for as long as something shows it.
   *
   * @throws OwlException BAD_INPUT, field {@code image}, if it is none or over a limit; SATURATED
   *     if there is no room for it
   */
  public Image addImage(ByteString file) {
    return images.add(tenant, file, most);
  }

  /**
   * What an image is.
   *
   * @throws OwlException NOT_FOUND or BAD_INPUT, field {@code sha256}
   */
  public Image image(String sha256) {
    return images.get(new ImageKey(tenant, sha256));
  }

  /**
   * The file of an image.
   *
   * @throws OwlException NOT_FOUND or BAD_INPUT, field {@code sha256}
   */
  public ByteString read(String sha256) {
    return images.read(new ImageKey(tenant, sha256));
  }

  /** Image files that have names of their own. */
  public StoredFiles storedFiles() {
    return new StoredFiles(database, images, tenant, most);
  }

  /** Bytes of all image files, each once. */
  public long imageBytes() {
    return database.transact(row -> ImageRepository.bytes(row, tenant));
  }

  /** The time by the database's clock, as {@link SessionStore#now}. */
  public Timestamp now() {
    return database.clock().timestamp();
  }

  /** The ids of some sessions. */
  public List<String> someSessions(int most) {
    return database.transact(row ->
        row.createQuery("SELECT id FROM session WHERE tenant = :tenant LIMIT :most")
            .bind("tenant", tenant.name())
            .bind("most", most)
            .mapTo(String.class)
            .list());
  }

  /** Deletes all files, and all images that no session shows, however new they are. */
  public void deleteFiles() {
    List<ImageKey> unused;
    do {
      unused = database.transact(row -> images.doomAll(row, tenant));
      images.delete(unused);
    } while (!unused.isEmpty());
    sweeper.deleted();
  }
}
