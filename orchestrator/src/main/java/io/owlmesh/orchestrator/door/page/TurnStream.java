// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.page;

import io.owlmesh.orchestrator.door.http.EventStream;
import io.owlmesh.orchestrator.door.http.ProtoJson;
import io.owlmesh.orchestrator.session.TurnListener;
import io.owlmesh.proto.chat.v1.SendMessageResponse;

/** What happens in a turn of a session, as a stream of events. */
record TurnStream(EventStream out) implements TurnListener {
  @Override
  public void event(SendMessageResponse event) {
    out.send(event.getEventId(), ProtoJson.print(event));
  }

  /**
   * Tells an event once the caller keeps up.
   *
   * @throws java.util.concurrent.CompletionException of CANCELLED if the current context ends
   *     before
   */
  void eventWhenReady(SendMessageResponse event) {
    out.awaitReady();
    event(event);
  }

  @Override
  public void completed() {
    out.end();
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
