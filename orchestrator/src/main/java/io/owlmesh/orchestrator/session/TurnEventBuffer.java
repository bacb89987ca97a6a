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

  TurnEventBuffer(TurnListener listener) {
    this.listener = listener;
  }

  synchronized void accepted(Turn turn) {
    listener.event(
        SendMessageResponse.newBuilder()
            .setAccepted(
                TurnAccepted.newBuilder().setQuestion(turn.question()).setAnswer(turn.answer()))
            .build());
    if (early != null) {
      early.forEach(listener::event);
      early = null;
    }
  }

  void stage(Stage stage, int index, boolean cached) {
    tell(
        SendMessageResponse.newBuilder()
            .setStage(StageDone.newBuilder().setStage(stage).setImageIndex(index).setCached(cached))
            .build());
  }

  void text(String more) {
    if (!more.isEmpty()) {
      tell(SendMessageResponse.newBuilder().setText(TextDelta.newBuilder().setText(more)).build());
    }
  }

  void moved(int tokens) {
    tell(
        SendMessageResponse.newBuilder()
            .setMoved(Moved.newBuilder().setStage(Stage.STAGE_LLM).setTokensKept(tokens))
            .build());
  }

  /** The end. */
  void done(Message answer) {
    tell(SendMessageResponse.newBuilder().setDone(answer).build());
    listener.completed();
  }

  private synchronized void tell(SendMessageResponse event) {
    if (early != null) {
      early.add(event);
    } else {
      listener.event(event);
    }
  }
}
