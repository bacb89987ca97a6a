// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.client;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** Sends a request as fast as the transport takes it, and hands on what comes back. */
final class UploadingObserver<Q, R> implements ClientResponseObserver<Q, R> {
  private final Iterator<Q> upload;
  private final Consumer<R> onEvent;
  private final CompletableFuture<Void> end = new CompletableFuture<>();

  UploadingObserver(Iterator<Q> upload, Consumer<R> onEvent) {
    this.upload = upload;
    this.onEvent = onEvent;
  }

  /** Completes after the last event. */
  CompletableFuture<Void> end() {
    return end;
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<Q> call) {
    // Called when the transport takes more, on the thread of the events: never two at a time.
    call.setOnReadyHandler(() -> send(call));
  }

  private void send(ClientCallStreamObserver<Q> call) {
    boolean open = upload.hasNext();
    try {
      while (call.isReady() && upload.hasNext()) {
        call.onNext(upload.next());
      }
    } catch (UncheckedIOException unreadable) {
      end.completeExceptionally(unreadable);
      call.cancel("what was to be sent cannot be read", unreadable);
      return;
    }
    if (open && !upload.hasNext()) {
      call.onCompleted();
    }
  }

  @Override
  public void onNext(R event) {
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
