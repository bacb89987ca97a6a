// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import io.owlmesh.proto.chat.v1.SendMessageResponse;

/** Hears of a turn that does not wait for it: what a slow caller has not taken yet is kept. */
record DetachedListener(TurnListener listener) implements TurnListener {
  @Override
  public void event(SendMessageResponse event) {
    listener.event(event);
  }

  @Override
  public void completed() {
    listener.completed();
  }

  @Override
  public void failed(Throwable failure) {
    listener.failed(failure);
  }

  @Override
  public void whenReady(Runnable next) {
    next.run();
  }
}
