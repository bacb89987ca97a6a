// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.http;

import io.grpc.Context;
import io.grpc.Contexts;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A response of server-sent events, from several threads; ends once. What fails before the first
 * event is an ordinary response with a status; after it, an event.
 */
public final class EventStream {
  private final Exchange exchange;
  private final HttpServerResponse response;
  private final AtomicReference<Runnable> whenReady = new AtomicReference<>(EventStream::nothing);
  private final String errorEvent;
  private boolean begun;
  private boolean ended;

  EventStream(Exchange exchange, HttpServerResponse response, String errorEvent) {
    this.exchange = exchange;
    this.response = response;
    this.errorEvent = errorEvent;
  }

  private static void nothing() {}

  /** Runs something if the caller goes away, or has gone, before the end. */
  public void whenGone(Runnable gone) {
    exchange.whenGone(gone);
  }

  /** Tells an event; its data must be one line. */
  public void send(String data) {
    send("", data);
  }

  /**
   * Tells an event.
   *
   * @param id from which the caller may go on later, one line; empty for none
   * @param data one line
   */
  public synchronized void send(String id, String data) {
    if (isOpen()) {
      begin();
      String idLine = id.isEmpty() ? "" : "id: " + id + "\n";
      response.write(Buffer.buffer(idLine + "data: " + data + "\n\n"));
    }
  }

  private boolean isOpen() {
    return !ended && !response.ended() && !response.closed();
  }

  private void begin() {
    if (!begun) {
      begun = true;
      response
          .setChunked(true)
          .putHeader("Content-Type", "text/event-stream; charset=utf-8")
          .putHeader("Cache-Control", "no-store")
          .putHeader("Content-Encoding", "identity") // Else every event would be a block of gzip.
          .putHeader("X-Accel-Buffering", "no"); // Proxies are to pass events on at once.
    }
  }

  /** Runs something when the caller keeps up: now, or once it does; never if it is gone. */
  public void whenReady(Runnable next) {
    if (isReady(next)) {
      whenReady.getAndSet(EventStream::nothing).run();
    }
  }

  /**
   * Waits until the caller keeps up.
   *
   * @throws java.util.concurrent.CompletionException of CANCELLED if the current gRPC context ends
   *     before
   */
  public void awaitReady() {
    CompletableFuture<Void> ready = new CompletableFuture<>();
    Context.CancellationListener gone =
        life ->
            ready.completeExceptionally(Contexts.statusFromCancelled(life).asRuntimeException());
    Context context = Context.current();
    context.addListener(gone, Runnable::run);
    try {
      whenReady(() -> ready.complete(null));
      ready.join();
    } finally {
      context.removeListener(gone);
    }
  }

  private synchronized boolean isReady(Runnable next) {
    if (!isOpen()) {
      return false;
    }
    whenReady.set(next);
    if (response.writeQueueFull()) {
      response.drainHandler(_ -> whenReady.getAndSet(EventStream::nothing).run());
    }
    // The caller may have caught up in between, and then nobody would call.
    return !response.writeQueueFull();
  }

  /** Nothing more will come. */
  public synchronized void end() {
    if (isOpen()) {
      begin();
      ended = true;
      response.end();
    }
  }

  /** Nothing more will come, for this reason. */
  public synchronized void fail(Throwable failure) {
    if (!isOpen()) {
      return;
    }
    ended = true;
    if (begun) {
      String error = HttpError.of(failure).json();
      response.end(Buffer.buffer(errorEvent + "data: " + error + "\n\n"));
    } else {
      exchange.fail(failure);
    }
  }
}
