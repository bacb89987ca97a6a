// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher.talk;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.owlmesh.proto.chat.v1.AnswerRequest;
import io.owlmesh.proto.chat.v1.AnswerResponse;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** Sends a request as fast as the transport takes it, and hands on the events that come back. */
final class UploadingObserver implements ClientResponseObserver<AnswerRequest, AnswerResponse> {
  private final Upload upload;
  private final Consumer<AnswerResponse> onEvent;
  private final CompletableFuture<Void> end = new CompletableFuture<>();

  UploadingObserver(Upload upload, Consumer<AnswerResponse> onEvent) {
    this.upload = upload;
    this.onEvent = onEvent;
  }

  /** Completes after the last event. */
  CompletableFuture<Void> end() {
    return end;
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<AnswerRequest> call) {
    // Called when the transport takes more, on the thread of the events: never two at a time.
    call.setOnReadyHandler(() -> send(call));
  }

  private void send(ClientCallStreamObserver<AnswerRequest> call) {
    boolean open = upload.hasNext();
    while (call.isReady() && upload.hasNext()) {
      call.onNext(upload.next());
    }
    if (open && !upload.hasNext()) {
      call.onCompleted();
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
