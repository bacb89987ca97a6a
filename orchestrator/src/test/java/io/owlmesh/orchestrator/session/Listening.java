// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import io.owlmesh.core.OwlException;
import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.SendMessageResponse;
import io.owlmesh.proto.chat.v1.TurnAccepted;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Whoever sent a message, and keeps what he hears. */
class Listening implements TurnListener {
  final List<SendMessageResponse> events = Collections.synchronizedList(new ArrayList<>());
  private final CompletableFuture<Void> end = new CompletableFuture<>();
  private final CountDownLatch text = new CountDownLatch(1);

  @Override
  public void event(SendMessageResponse event) {
    events.add(event);
    if (event.hasText()) {
      text.countDown();
    }
  }

  @Override
  public void completed() {
    end.complete(null);
  }

  @Override
  public void failed(Throwable failure) {
    end.completeExceptionally(failure);
  }

  @Override
  public void whenReady(Runnable next) {
    next.run();
  }

  void awaitText() throws InterruptedException {
    if (!text.await(30, TimeUnit.SECONDS)) {
      throw new IllegalStateException("no text came");
    }
  }

  /** Waits for the end; what was kept of the answer. */
  Message answer() {
    end.orTimeout(30, TimeUnit.SECONDS).join();
    return events.getLast().getDone();
  }

  /** Waits for the end, which is to be a failure. */
  Throwable failure() {
    return end.orTimeout(30, TimeUnit.SECONDS).handle((_, e) -> e).join();
  }

  /** The fault with which it is to end. */
  OwlException fault() {
    return (OwlException) failure();
  }

  TurnAccepted accepted() {
    return events.getFirst().getAccepted();
  }

  String text() {
    StringBuilder all = new StringBuilder();
    List.copyOf(events).forEach(event -> all.append(event.getText().getText()));
    return all.toString();
  }
}
