// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
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
    response.exceptionHandler(_ -> gone.run());
    response.closeHandler(_ -> gone.run());
    if (response.closed()) {
      gone.run(); // It closed before anybody listened.
    }
  }

  /** Tells an event; its data must be one line. */
  public synchronized void send(String data) {
    if (isOpen()) {
      begin();
      response.write(Buffer.buffer("data: " + data + "\n\n"));
    }
  }

  private boolean isOpen() {
    return !ended && !response.closed();
  }

  private void begin() {
    if (!begun) {
      begun = true;
      response
          .setChunked(true)
          .putHeader("Content-Type", "text/event-stream; charset=utf-8")
          .putHeader("Cache-Control", "no-store")
          .putHeader("X-Accel-Buffering", "no"); // Proxies are to pass events on at once.
    }
  }

  /** Runs something when the caller keeps up: now, or once it does. */
  public void whenReady(Runnable next) {
    if (!response.writeQueueFull()) {
      next.run();
      return;
    }
    whenReady.set(next);
    response.drainHandler(_ -> whenReady.getAndSet(EventStream::nothing).run());
    // The caller may have caught up in between, and then nobody would call.
    if (!response.writeQueueFull()) {
      whenReady.getAndSet(EventStream::nothing).run();
    }
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
