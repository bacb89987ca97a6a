// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import io.owlmesh.orchestrator.store.Turn;
import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.Moved;
import io.owlmesh.proto.chat.v1.SendMessageResponse;
import io.owlmesh.proto.chat.v1.Stage;
import io.owlmesh.proto.chat.v1.StageDone;
import io.owlmesh.proto.chat.v1.TextDelta;
import io.owlmesh.proto.chat.v1.TurnAccepted;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a listener is told of a turn, in order: what happens before the turn is accepted is held
 * back until it is.
 */
final class TurnEventBuffer {
  private final TurnListener listener;
  private @Nullable List<SendMessageResponse> early = new ArrayList<>();
  private @Nullable EventId place;

  TurnEventBuffer(TurnListener listener) {
    this.listener = listener;
  }

  /** The events are those of an answer that is written now; else they have no ids. */
  synchronized void from(EventId begin) {
    place = begin;
  }

  synchronized void accepted(Turn turn) {
    EventId begin = place;
    String id = begin == null ? "" : new EventId(begin.answerId(), begin.fence(), 0).toString();
    listener.event(accepted(turn.question(), turn.answer()).setEventId(id).build());
    if (early != null) {
      early.forEach(listener::event);
      early = null;
    }
  }

  static SendMessageResponse.Builder accepted(Message question, Message answer) {
    return SendMessageResponse.newBuilder()
        .setAccepted(TurnAccepted.newBuilder().setQuestion(question).setAnswer(answer));
  }

  void stage(Stage stage, int index, boolean cached) {
    tell(
        SendMessageResponse.newBuilder()
            .setStage(
                StageDone.newBuilder().setStage(stage).setImageIndex(index).setCached(cached)),
        "");
  }

  void text(String more) {
    if (!more.isEmpty()) {
      tell(said(more), more);
    }
  }

  static SendMessageResponse.Builder said(String text) {
    return SendMessageResponse.newBuilder().setText(TextDelta.newBuilder().setText(text));
  }

  void moved(int tokens) {
    tell(
        SendMessageResponse.newBuilder()
            .setMoved(Moved.newBuilder().setStage(Stage.STAGE_LLM).setTokensKept(tokens)),
        "");
  }

  /** The end. */
  void done(Message answer) {
    tell(SendMessageResponse.newBuilder().setDone(answer), "");
    listener.completed();
  }

  private synchronized void tell(SendMessageResponse.Builder event, String more) {
    EventId here = place;
    if (here != null) {
      place = here.plus(more);
      event.setEventId(here.plus(more).toString());
    }
    if (early != null) {
      early.add(event.build());
    } else {
      listener.event(event.build());
    }
  }
}
