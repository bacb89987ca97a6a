// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.store.LeaseHolder;
import io.owlmesh.orchestrator.store.Turn;
import io.owlmesh.orchestrator.store.TurnLease;
import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.SendMessageRequest;
import java.util.Optional;

/** How a turn enters its session, where it may be the repetition of another one. */
final class TurnEntry {
  private final TurnContext context;
  private final SendMessageRequest request;

  TurnEntry(TurnContext context, SendMessageRequest request) {
    this.context = context;
    this.request = request;
  }

  private String session() {
    return request.getSessionId();
  }

  /**
   * Enters among the turns of this orchestrator.
   *
   * @return leaves the session; to be run once
   * @throws OwlException CONFLICT if another turn is there that is not waited for
   */
  Runnable enter() {
    return context.locks().enterIfFree(session()).orElseGet(this::enterLater);
  }

  private Runnable enterLater() {
    ActiveTurn other = context.running().get(session());
    boolean repeated = (other != null && isOurs(other.requestId())) || earlier().isPresent();
    return context.locks().enter(session(), request.getWait() || repeated);
  }

  /** Whether it is the same request, although nothing may be kept of it yet. */
  private boolean isOurs(String requestId) {
    return !requestId.isEmpty() && requestId.equals(request.getRequestId());
  }

  /**
   * Enters among the turns of all orchestrators.
   *
   * @throws OwlException CONFLICT as before; NOT_FOUND if there is no such session
   */
  TurnLease lease() {
    return context.leases().take(session(), request.getRequestId(), this::waitsFor);
  }

  private boolean waitsFor(LeaseHolder other) {
    return request.getWait() || isOurs(other.requestId()) || earlier().isPresent();
  }

  /** The turn that the same request took before. */
  Optional<Turn> earlier() {
    if (request.getRequestId().isEmpty()) {
      return Optional.empty();
    }
    Optional<Turn> earlier = context.turns().turn(session(), request.getRequestId());
    if (earlier.isPresent() && !earlier.get().asked().equals(TurnPlan.digest(request))) {
      throw OwlException.badInput("request_id", "is that of another request in this session");
    }
    return earlier;
  }

  /** Whether an answer is whole, so that it is not given again. */
  static boolean isAnswered(Message answer) {
    return switch (answer.getState()) {
      case MESSAGE_STATE_COMPLETE, MESSAGE_STATE_STOPPED -> true;
      case MESSAGE_STATE_ANSWERING,
          MESSAGE_STATE_INTERRUPTED,
          MESSAGE_STATE_FAILED,
          MESSAGE_STATE_UNSPECIFIED,
          UNRECOGNIZED ->
          false;
    };
  }
}
