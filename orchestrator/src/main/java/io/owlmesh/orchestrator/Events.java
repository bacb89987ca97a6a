// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator;

import io.grpc.stub.ServerCallStreamObserver;
import io.owlmesh.orchestrator.answer.Caller;
import io.owlmesh.proto.chat.v1.AnswerDone;
import io.owlmesh.proto.chat.v1.AnswerResponse;
import io.owlmesh.proto.chat.v1.StageDone;
import io.owlmesh.proto.chat.v1.TextDelta;
import io.owlmesh.proto.llm.v1.Finished;
import io.owlmesh.proto.llm.v1.Token;
import io.owlmesh.wire.Faults;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The way of events to one caller, from several threads; ends exactly once. Nothing is sent to a
 * caller who is gone: where gRPC itself has ended the call, for a message beyond the limit, a
 * second end would break the connection and every other call on it.
 */
final class Events implements Caller {
  private final ServerCallStreamObserver<AnswerResponse> out;
  private final AtomicReference<Runnable> whenReady = new AtomicReference<>(Events::nothing);
  private boolean ended;

  /** To be made in the service's method, where handlers can still be set. */
  Events(ServerCallStreamObserver<AnswerResponse> out) {
    this.out = out;
    out.setOnReadyHandler(() -> whenReady.getAndSet(Events::nothing).run());
  }

  private static void nothing() {}

  @Override
  public void stage(io.owlmesh.proto.chat.v1.Stage stage, List<Integer> indices, boolean cached) {
    for (int index : indices) {
      send(
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
  public void ended(Finished end) {
    text(end.getText());
  }

  private void text(String text) {
    if (!text.isEmpty()) {
      send(AnswerResponse.newBuilder().setText(TextDelta.newBuilder().setText(text)).build());
    }
  }

  private synchronized void send(AnswerResponse event) {
    if (isOpen()) {
      out.onNext(event);
    }
  }

  private boolean isOpen() {
    return !ended && !out.isCancelled();
  }

  @Override
  public void whenReady(Runnable next) {
    if (out.isReady()) {
      next.run();
      return;
    }
    whenReady.set(next);
    // The caller may have caught up in between, and then nobody would call.
    if (out.isReady()) {
      whenReady.getAndSet(Events::nothing).run();
    }
  }

  @Override
  public synchronized void done(AnswerDone done) {
    if (isOpen()) {
      ended = true;
      out.onNext(AnswerResponse.newBuilder().setDone(done).build());
      out.onCompleted();
    }
  }

  @Override
  public synchronized void fail(Throwable failure) {
    if (isOpen()) {
      ended = true;
      out.onError(Faults.toStatus(failure));
    }
  }
}
