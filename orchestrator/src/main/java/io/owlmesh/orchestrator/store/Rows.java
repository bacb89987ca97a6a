// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import com.google.protobuf.util.JsonFormat;
import io.owlmesh.proto.chat.v1.AnswerDone;
import io.owlmesh.proto.chat.v1.Feedback;
import io.owlmesh.proto.chat.v1.Image;
import io.owlmesh.proto.chat.v1.MessageState;
import io.owlmesh.proto.chat.v1.Rating;
import io.owlmesh.proto.chat.v1.Role;
import io.owlmesh.proto.chat.v1.Session;
import io.owlmesh.proto.chat.v1.SessionSettings;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.regex.Pattern;

/** What columns hold, and what it means. */
final class Rows {
  /** Later than anything that is kept. */
  static final OffsetDateTime FUTURE = OffsetDateTime.of(9999, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC);

  private static final String NOTHING = "";
  private static final Pattern ID = Pattern.compile("[0-9a-f-]{36}");

  private Rows() {}

  /** An id of ours as it is, and any other text as one that nothing has. */
  static String id(String text) {
    // Callers may send what a database does not even take as a text.
    return ID.matcher(text).matches() ? text : NOTHING;
  }

  static Session session(ResultSet row) throws SQLException {
    SessionSettings.Builder settings = SessionSettings.newBuilder();
    parse(row.getString("settings"), settings);
    return Session.newBuilder()
        .setId(row.getString("id"))
        .setTitle(row.getString("title"))
        .setSettings(settings)
        .setCreatedAt(timestamp(row, "created_at"))
        .setUpdatedAt(timestamp(row, "updated_at"))
        .setHead(row.getString("head"))
        .setModel(row.getString("model"))
        .build();
  }

  /** A message without its images. */
  static io.owlmesh.proto.chat.v1.Message.Builder message(ResultSet row) throws SQLException {
    var message =
        io.owlmesh.proto.chat.v1.Message.newBuilder()
            .setId(row.getString("id"))
            .setParentId(row.getString("parent_id"))
            .setRole(Role.valueOf("ROLE_" + upper(row, "role")))
            .setText(row.getString("body"))
            .setState(MessageState.valueOf("MESSAGE_STATE_" + upper(row, "state")))
            .setCreatedAt(timestamp(row, "created_at"))
            .setError(row.getString("error"))
            .setErrorCode(row.getString("error_code"))
            .setErrorField(row.getString("error_field"))
            .setModel(row.getString("model"));
    String answer = row.getString("answer");
    if (!answer.isEmpty()) {
      AnswerDone.Builder done = AnswerDone.newBuilder();
      parse(answer, done);
      message.setAnswer(done);
    }
    if (!row.getString("rating").isEmpty()) {
      message.setFeedback(
          Feedback.newBuilder()
              .setRating(Rating.valueOf("RATING_" + upper(row, "rating")))
              .setNote(row.getString("note")));
    }
    return message;
  }

  static Image image(ResultSet row) throws SQLException {
    return Image.newBuilder()
        .setSha256(row.getString("sha256"))
        .setMediaType(row.getString("media_type"))
        .setSizeBytes(row.getLong("size_bytes"))
        .setWidth(row.getInt("width"))
        .setHeight(row.getInt("height"))
        .build();
  }

  private static String upper(ResultSet row, String column) throws SQLException {
    return row.getString(column).toUpperCase(Locale.ROOT);
  }

  /** The word of an enum's value that follows its prefix, in lower case. */
  static String word(Enum<?> value, String prefix) {
    return value.name().substring(prefix.length()).toLowerCase(Locale.ROOT);
  }

  static String word(Rating rating) {
    return rating == Rating.RATING_UNSPECIFIED ? NOTHING : word(rating, "RATING_");
  }

  static String json(Message message) {
    try {
      return JsonFormat.printer().omittingInsignificantWhitespace().print(message);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e); // Only messages with fields of type Any can fail.
    }
  }

  /** Of a newer version, fields that are not known here are left out. */
  private static void parse(String json, Message.Builder into) {
    try {
      JsonFormat.parser().ignoringUnknownFields().merge(json, into);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("the database holds what is not ours: " + json, e);
    }
  }

  /** Databases keep microseconds. */
  static OffsetDateTime time(Instant instant) {
    return instant.truncatedTo(ChronoUnit.MICROS).atOffset(ZoneOffset.UTC);
  }

  static OffsetDateTime time(Timestamp timestamp) {
    return time(Instant.ofEpochSecond(timestamp.getSeconds(), timestamp.getNanos()));
  }

  private static Timestamp timestamp(ResultSet row, String column) throws SQLException {
    Instant at = row.getObject(column, OffsetDateTime.class).toInstant();
    return Timestamp.newBuilder().setSeconds(at.getEpochSecond()).setNanos(at.getNano()).build();
  }
}
