// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.grpc;

import io.owlmesh.orchestrator.pipeline.AnswerObserver;
import io.owlmesh.proto.chat.v1.AnswerDone;
import io.owlmesh.proto.chat.v1.AnswerResponse;
import io.owlmesh.proto.chat.v1.Moved;
import io.owlmesh.proto.chat.v1.Stage;
import io.owlmesh.proto.chat.v1.StageDone;
import io.owlmesh.proto.chat.v1.TextDelta;
import io.owlmesh.proto.llm.v1.Finished;
import io.owlmesh.proto.llm.v1.Token;
import java.util.List;

/** What happens on the way of an answer, as its caller hears it. */
record AnswerEvents(OutboundStream<AnswerResponse> out) implements AnswerObserver {
  @Override
  public void stage(Stage stage, List<Integer> indices, boolean cached) {
    for (int index : indices) {
      out.send(
          AnswerResponse.newBuilder()
              .setStage(
                  StageDone.newBuilder().setStage(stage).setImageIndex(index).setCached(cached))
              .build());
    }
  }

  @Override
  public void token(Token token) {
    text(token.getText());
  }

  @Override
  public void moved(int tokens) {
    out.send(
        AnswerResponse.newBuilder()
            .setMoved(Moved.newBuilder().setStage(Stage.STAGE_LLM).setTokensKept(tokens))
            .build());
  }

  @Override
  public void ended(Finished end) {
    text(end.getText());
  }

  private void text(String text) {
    if (!text.isEmpty()) {
      out.send(AnswerResponse.newBuilder().setText(TextDelta.newBuilder().setText(text)).build());
    }
  }

  @Override
  public void whenReady(Runnable next) {
    out.whenReady(next);
  }

  @Override
  public void done(AnswerDone done) {
    out.send(AnswerResponse.newBuilder().setDone(done).build());
    out.complete();
  }

  @Override
  public void fail(Throwable failure) {
    out.fail(failure);
  }
}
