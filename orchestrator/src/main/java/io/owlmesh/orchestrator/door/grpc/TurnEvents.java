// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.grpc;

import io.owlmesh.orchestrator.session.TurnListener;
import io.owlmesh.proto.chat.v1.SendMessageResponse;

/** What happens in a turn of a session, as its caller hears it. */
record TurnEvents(OutboundStream<SendMessageResponse> out) implements TurnListener {
  @Override
  public void event(SendMessageResponse event) {
    out.send(event);
  }

  @Override
  public void completed() {
    out.complete();
  }

  @Override
  public void failed(Throwable failure) {
    out.fail(failure);
  }

  @Override
  public void whenReady(Runnable next) {
    out.whenReady(next);
  }
}
