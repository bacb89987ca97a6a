// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.chat;

import io.owlmesh.client.AnswerFailed;
import io.owlmesh.client.SessionClient;
import io.owlmesh.proto.chat.v1.EditedMessage;
import io.owlmesh.proto.chat.v1.Feedback;
import io.owlmesh.proto.chat.v1.GetSessionResponse;
import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.NewMessage;
import io.owlmesh.proto.chat.v1.Rating;
import io.owlmesh.proto.chat.v1.Regeneration;
import io.owlmesh.proto.chat.v1.Role;
import io.owlmesh.proto.chat.v1.SendMessageRequest;
import io.owlmesh.proto.chat.v1.Session;
import io.owlmesh.proto.chat.v1.SessionSettings;
import io.owlmesh.proto.chat.v1.SetFeedbackRequest;
import io.owlmesh.proto.chat.v1.TurnAccepted;
import io.owlmesh.proto.chat.v1.UpdateSessionRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The session of a chat. The mesh begins it with the first message, so that a chat in which nothing
 * is said leaves nothing.
 */
final class ChatSession {
  private final SessionClient mesh;
  private SessionSettings settings;
  private @Nullable String id;
  private List<Message> branch = List.of();

  ChatSession(SessionClient mesh, SessionSettings settings) {
    this.mesh = mesh;
    this.settings = settings;
  }

  /** Goes on with a session. */
  static ChatSession of(SessionClient mesh, GetSessionResponse kept) {
    ChatSession session = new ChatSession(mesh, kept.getSession().getSettings());
    session.id = kept.getSession().getId();
    session.branch = Transcript.branch(kept);
    return session;
  }

  /** Nothing until the first message. */
  Optional<String> id() {
    return Optional.ofNullable(id);
  }

  List<Message> branch() {
    return branch;
  }

  SessionSettings settings() {
    return settings;
  }

  void setSettings(SessionSettings wanted) throws AnswerFailed {
    if (id != null && !wanted.equals(settings)) {
      var _ =
          mesh.update(
              UpdateSessionRequest.newBuilder().setSessionId(id).setSettings(wanted).build());
    }
    settings = wanted;
  }

  Session rename(String title) throws AnswerFailed {
    return mesh.update(
        UpdateSessionRequest.newBuilder().setSessionId(begun()).setTitle(title).build());
  }

  SendMessageRequest say(String text, List<String> images) throws AnswerFailed {
    return request().setSay(NewMessage.newBuilder().setText(text).addAllImages(images)).build();
  }

  /** The last message with another text, and the same images. */
  SendMessageRequest edit(Message question, String text) throws AnswerFailed {
    EditedMessage.Builder edit =
        EditedMessage.newBuilder().setMessageId(question.getId()).setText(text);
    question.getImagesList().forEach(image -> edit.addImages(image.getSha256()));
    return request().setEdit(edit).build();
  }

  SendMessageRequest regenerate() throws AnswerFailed {
    return request().setRegenerate(Regeneration.getDefaultInstance()).build();
  }

  private SendMessageRequest.Builder request() throws AnswerFailed {
    return SendMessageRequest.newBuilder()
        .setSessionId(begun())
        .setRequestId(UUID.randomUUID().toString());
  }

  private String begun() throws AnswerFailed {
    if (id == null) {
      id = mesh.create(settings).getId();
    }
    return id;
  }

  /** A turn was taken: it follows the message that its question follows. */
  void follow(TurnAccepted turn, Message answer) {
    List<Message> longer = upTo(turn.getQuestion().getParentId());
    longer.add(turn.getQuestion());
    longer.add(answer);
    branch = longer;
  }

  private List<Message> upTo(String last) {
    List<Message> kept = new ArrayList<>();
    if (!last.isEmpty()) {
      for (Message message : branch) {
        kept.add(message);
        if (message.getId().equals(last)) {
          break;
        }
      }
    }
    return kept;
  }

  Optional<Message> last(Role role) {
    return branch.reversed().stream().filter(message -> message.getRole() == role).findFirst();
  }

  /** Goes back to before a message, which stays on its own branch. */
  void backTo(Message question) throws AnswerFailed {
    var _ =
        mesh.update(
            UpdateSessionRequest.newBuilder()
                .setSessionId(begun())
                .setHead(question.getParentId())
                .build());
    branch = upTo(question.getParentId());
  }

  void rate(Message answer, Rating rating, String note) throws AnswerFailed {
    mesh.rate(
        SetFeedbackRequest.newBuilder()
            .setSessionId(begun())
            .setMessageId(answer.getId())
            .setFeedback(Feedback.newBuilder().setRating(rating).setNote(note))
            .build());
  }
}
