// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.chat.v1.Feedback;
import io.owlmesh.proto.chat.v1.Image;
import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.Rating;
import io.owlmesh.proto.chat.v1.Role;
import io.owlmesh.proto.chat.v1.Session;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;

/**
 * Conversations in a database. Every method is one transaction: what returned normally survives a
 * crash of the process. A failure of the database is UNAVAILABLE.
 */
public final class SessionStore implements AutoCloseable {
  private static final String HOLDS =
      """
       AND (LOWER(title) LIKE LOWER(:text) ESCAPE '!' OR EXISTS (SELECT 1 FROM message
         WHERE session_id = session.id AND LOWER(body) LIKE LOWER(:text) ESCAPE '!'))\
      """;

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

  /** Adds a session. */
  public void create(Session session) {
    database.transact(row ->
        row.createUpdate(
                "INSERT INTO session VALUES"
                    + " (:id, :title, :settings, :createdAt, :updatedAt, :head)")
            .bind("id", session.getId())
            .bind("title", session.getTitle())
            .bind("settings", Rows.json(session.getSettings()))
            .bind("createdAt", Rows.time(session.getCreatedAt()))
            .bind("updatedAt", Rows.time(session.getUpdatedAt()))
            .bind("head", session.getHead())
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

  static Session session(Handle row, String id, String lock) {
    return row.createQuery("SELECT * FROM session WHERE id = :id" + lock)
        .bind("id", Rows.id(id))
        .map((result, _) -> Rows.session(result))
        .findOne()
        .orElseThrow(() ->
            new OwlException(ErrorCode.SESSION_NOT_FOUND, "session_id", "no session '" + id + "'"));
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
        (from.isPresent()
                ? "WHERE (updated_at < :at OR (updated_at = :at AND id > :id))"
                : "WHERE TRUE")
            + (text.isEmpty() ? "" : HOLDS);
    List<Session> found =
        database.transact(row -> {
          var query =
              row.createQuery(
                      "SELECT * FROM session "
                          + where
                          + " ORDER BY updated_at DESC, id LIMIT :size")
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
                  + " updated_at = :now WHERE id = :id")
          .bind("title", session.getTitle())
          .bind("settings", Rows.json(session.getSettings()))
          .bind("head", session.getHead())
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
          return images.doom(row, shown);
        }));
    sweeper.deleted();
  }

  /** All messages of a session, parents before children. */
  public List<Message> messages(String sessionId) {
    return database.transact(row -> Messages.of(row, sessionId));
  }

  /**
   * A message.
   *
   * @throws OwlException NOT_FOUND, field {@code message_id}
   */
  public Message message(String sessionId, String messageId) {
    return database.transact(row -> Messages.require(row, sessionId, messageId));
  }

  /**
   * Keeps what somebody thinks of an answer; without a rating, that nobody thinks anything.
   *
   * @throws OwlException NOT_FOUND or BAD_INPUT, field {@code message_id}
   */
  public Message rate(String sessionId, String messageId, Feedback feedback) {
    return database.transact(row -> {
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
    for (Messages.Place place : database.transact(row -> Messages.rated(row, words))) {
      Optional<RatedDialogue> dialogue =
          database.transact(row -> Messages.upTo(row, place.sessionId(), place.messageId()));
      dialogue.ifPresent(each);
    }
  }

  /**
   * Keeps an image file once, for an hour at least, and for as long as something shows it.
   *
   * @throws OwlException BAD_INPUT, field {@code image}, if it is none or over a limit
   */
  public Image addImage(ByteString file) {
    return images.add(file);
  }

  /**
   * What an image is.
   *
   * @throws OwlException NOT_FOUND or BAD_INPUT, field {@code sha256}
   */
  public Image image(String sha256) {
    return images.get(sha256);
  }

  /**
   * The file of an image.
   *
   * @throws OwlException NOT_FOUND or BAD_INPUT, field {@code sha256}
   */
  public ByteString read(String sha256) {
    return images.read(sha256);
  }

  /** Image files that have names of their own. */
  public StoredFiles storedFiles() {
    return new StoredFiles(database, images);
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
