// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.grpc;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.stub.ServerCallStreamObserver;
import io.owlmesh.wire.Faults;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The way of messages to one caller, from several threads; ends exactly once. Nothing is sent to a
 * caller who is gone: where gRPC itself has ended the call, for a message beyond the limit, a
 * second end would break the connection and every other call on it.
 */
final class OutboundStream<R> {
  private final ServerCallStreamObserver<R> out;
  private final AtomicReference<Runnable> whenReady =
      new AtomicReference<>(OutboundStream::nothing);
  private boolean ended;

  /** To be made in the service's method, where handlers can still be set. */
  OutboundStream(ServerCallStreamObserver<R> out) {
    this.out = out;
    out.setOnReadyHandler(() -> whenReady.getAndSet(OutboundStream::nothing).run());
  }

  private static void nothing() {}

  synchronized void send(R message) {
    if (isOpen()) {
      out.onNext(message);
    }
  }

  private boolean isOpen() {
    return !ended && !out.isCancelled();
  }

  /** Runs something when the caller keeps up: now, or once it does. */
  void whenReady(Runnable next) {
    if (out.isReady()) {
      next.run();
      return;
    }
    whenReady.set(next);
    // The caller may have caught up in between, and then nobody would call.
    if (out.isReady()) {
      whenReady.getAndSet(OutboundStream::nothing).run();
    }
  }

  /**
   * Sends once the caller keeps up, blocking until then.
   *
   * @throws java.util.concurrent.CompletionException of CANCELLED if the caller is gone
   */
  void sendWhenReady(R message) {
    CompletableFuture<Void> ready = new CompletableFuture<>();
    Context.CancellationListener gone =
        call ->
            ready.completeExceptionally(Contexts.statusFromCancelled(call).asRuntimeException());
    Context context = Context.current();
    context.addListener(gone, Runnable::run);
    try {
      whenReady(() -> ready.complete(null));
      ready.join();
      send(message);
    } finally {
      context.removeListener(gone);
    }
  }

  synchronized void complete() {
    if (isOpen()) {
      ended = true;
      out.onCompleted();
    }
  }

  synchronized void fail(Throwable failure) {
    if (isOpen()) {
      ended = true;
      out.onError(Faults.toStatus(failure));
    }
  }
}
