// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher.talk;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.owlmesh.proto.chat.v1.AnswerRequest;
import io.owlmesh.proto.chat.v1.AnswerResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;

/** An answer on its way. */
public final class PendingAnswer {
  private final Address address;
  private final Upload upload;
  private final Consumer<AnswerResponse> onEvent;
  private final CompletableFuture<Void> end = new CompletableFuture<>();
  private final CompletableFuture<ClientCallStreamObserver<AnswerRequest>> call =
      new CompletableFuture<>();

  PendingAnswer(Address address, Upload upload, Consumer<AnswerResponse> onEvent) {
    this.address = address;
    this.upload = upload;
    this.onEvent = onEvent;
  }

  /** Stops the answer in all stages; {@link #await} then fails with CANCELLED. */
  public void cancel() {
    var _ = call.thenAccept(running -> running.cancel("stopped by the person asking", null));
  }

  /** Returns when the last event was handed over. */
  public void await() throws AnswerFailed, InterruptedException {
    try {
      end.get();
    } catch (ExecutionException failed) {
      Throwable cause = failed.getCause() == null ? failed : failed.getCause();
      throw AnswerFailed.of(cause, address);
    }
  }

  ClientResponseObserver<AnswerRequest, AnswerResponse> observer() {
    return new Observer();
  }

  private final class Observer implements ClientResponseObserver<AnswerRequest, AnswerResponse> {
    @Override
    public void beforeStart(ClientCallStreamObserver<AnswerRequest> stream) {
      call.complete(stream);
      // Called when the transport takes more, on the thread of the events: never two at a time.
      stream.setOnReadyHandler(() -> send(stream));
    }

    private void send(ClientCallStreamObserver<AnswerRequest> stream) {
      boolean open = upload.hasNext();
      while (stream.isReady() && upload.hasNext()) {
        stream.onNext(upload.next());
      }
      if (open && !upload.hasNext()) {
        stream.onCompleted();
      }
    }

    @Override
    public void onNext(AnswerResponse event) {
      onEvent.accept(event);
    }

    @Override
    public void onError(Throwable error) {
      end.completeExceptionally(error);
    }

    @Override
    public void onCompleted() {
      end.complete(null);
    }
  }
}
