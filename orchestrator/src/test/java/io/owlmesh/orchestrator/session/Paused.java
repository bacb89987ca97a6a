// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import io.owlmesh.proto.chat.v1.SendMessageResponse;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Hears the first text of an answer and does not read on before it is told to. */
final class Paused extends Listening {
  private final CountDownLatch began = new CountDownLatch(1);
  private Runnable next = () -> {};
  private boolean goesOn;

  @Override
  public void whenReady(Runnable more) {
    synchronized (this) {
      began.countDown();
      if (!goesOn && events.stream().anyMatch(SendMessageResponse::hasText)) {
        next = more;
        return;
      }
    }
    more.run();
  }

  void awaitBegin() throws InterruptedException {
    if (!began.await(30, TimeUnit.SECONDS)) {
      throw new IllegalStateException("nothing came");
    }
  }

  void goOn() {
    Runnable more;
    synchronized (this) {
      goesOn = true;
      more = next;
    }
    more.run();
  }
}
