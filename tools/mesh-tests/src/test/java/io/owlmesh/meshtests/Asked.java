// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.meshtests.Trap.Moment;
import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.MessageState;
import io.owlmesh.proto.chat.v1.SendMessageRequest;
import io.owlmesh.proto.chat.v1.SendMessageResponse;
import io.owlmesh.proto.chat.v1.TurnAccepted;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A turn that was sent, and what its client heard of it. */
final class Asked {
  final SendMessageRequest request;
  private final StringBuilder heard = new StringBuilder();
  private @Nullable TurnAccepted accepted;
  private @Nullable Message done;

  Asked(SendMessageRequest request) {
    this.request = request;
  }

  void hear(Iterator<SendMessageResponse> events, Trap trap) {
    while (events.hasNext()) {
      SendMessageResponse event = events.next();
      switch (event.getEventCase()) {
        case ACCEPTED -> {
          accepted = event.getAccepted();
          trap.hit(Moment.ACCEPTED);
        }
        case TEXT -> {
          heard.append(event.getText().getText());
          trap.hit(Moment.TEXT);
        }
        case DONE -> {
          done = event.getDone();
          trap.hit(Moment.DONE);
        }
        case STAGE, MOVED, EVENT_NOT_SET -> {}
      }
    }
  }

  boolean isDone() {
    return done != null;
  }

  @Nullable Message done() {
    return done;
  }

  List<String> images() {
    return request.hasEdit() ? request.getEdit().getImagesList() : request.getSay().getImagesList();
  }

  String text() {
    return request.hasEdit() ? request.getEdit().getText() : request.getSay().getText();
  }

  /** The question's id; empty if it was not accepted. */
  String question() {
    return accepted == null ? "" : accepted.getQuestion().getId();
  }

  boolean isAccepted() {
    return accepted != null;
  }

  /** That what was acknowledged of it is there. */
  void check(Map<String, Message> kept) {
    if (accepted == null) {
      return;
    }
    assertThat(kept).containsEntry(question(), accepted.getQuestion());
    String id = accepted.getAnswer().getId();
    assertThat(kept).as("accepted answers").containsKey(id);
    Message answer = Objects.requireNonNull(kept.get(id));
    Message bare = answer.toBuilder().clearFeedback().build();
    if (done != null) {
      assertThat(bare).isEqualTo(done);
      return;
    }
    assertThat(answer.getState())
        .isIn(MessageState.MESSAGE_STATE_INTERRUPTED, MessageState.MESSAGE_STATE_COMPLETE);
    // Text is kept once a second while it is written, and heard at once; the end is kept first.
    String said = heard.toString();
    if (answer.getState() == MessageState.MESSAGE_STATE_COMPLETE) {
      assertThat(answer.getText()).startsWith(said);
    } else {
      assertThat(said).startsWith(answer.getText());
    }
  }

  /** The same request, sent again, was answered: that it is the same turn. */
  void checkAgain(Asked again) {
    Message told = Objects.requireNonNull(again.done, "an end");
    assertThat(told.getState()).isEqualTo(MessageState.MESSAGE_STATE_COMPLETE);
    assertThat(again.heard).hasToString(told.getText());
    if (accepted != null) {
      assertThat(again.question()).isEqualTo(question());
      assertThat(told.getId()).isEqualTo(accepted.getAnswer().getId());
    }
    if (done != null) {
      assertThat(told.toBuilder().clearFeedback().build()).isEqualTo(done);
    }
  }
}
