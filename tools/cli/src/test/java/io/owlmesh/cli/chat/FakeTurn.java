// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.chat;

import io.grpc.stub.ServerCallStreamObserver;
import io.owlmesh.proto.chat.v1.AnswerDone;
import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.MessageState;
import io.owlmesh.proto.chat.v1.SendMessageResponse;
import io.owlmesh.proto.chat.v1.TextDelta;

/** A turn that a fake mesh accepted, to be answered by a script. */
public record FakeTurn(ServerCallStreamObserver<SendMessageResponse> out, Message answer) {
  /** What to say. */
  interface Script {
    void answer(FakeTurn turn);
  }

  /** Says these pieces. */
  public static Script saying(String... pieces) {
    return turn -> {
      for (String piece : pieces) {
        turn.say(piece);
      }
      turn.end(MessageState.MESSAGE_STATE_COMPLETE, String.join("", pieces));
    };
  }

  /** Says one piece, then nothing more until it is stopped. */
  static Script sayingForEver(String piece) {
    return turn -> turn.say(piece);
  }

  void say(String piece) {
    out.onNext(
        SendMessageResponse.newBuilder().setText(TextDelta.newBuilder().setText(piece)).build());
  }

  void end(MessageState state, String text) {
    AnswerDone done = AnswerDone.newBuilder().setCompletionTokens(2).build();
    out.onNext(
        SendMessageResponse.newBuilder()
            .setDone(answer.toBuilder().setState(state).setText(text).setAnswer(done))
            .build());
    out.onCompleted();
  }
}
