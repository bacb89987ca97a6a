// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import io.grpc.Context;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.OrchestratorConfig;
import io.owlmesh.orchestrator.pipeline.ActiveAnswer;
import io.owlmesh.orchestrator.pipeline.AdmissionControl;
import io.owlmesh.orchestrator.store.AbandonedAnswer;
import io.owlmesh.orchestrator.store.SessionStore;
import io.owlmesh.orchestrator.store.TurnLease;
import io.owlmesh.proto.chat.v1.FollowAnswerRequest;
import io.owlmesh.proto.chat.v1.SendMessageRequest;
import io.owlmesh.proto.chat.v1.SendMessageResponse;
import io.owlmesh.wire.identity.Caller;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Turns of this orchestrator, beside those that others take in the same sessions. */
final class SessionTurns implements AutoCloseable {
  private static final int MAX_KEY = 64;
  private static final int ENDING_SECONDS = 2;
  private static final int LOOK_MILLIS = 10;

  /** What a follower holds of an answer, at most and about. */
  private static final long FOLLOWER_BYTES = 256 << 10;

  private final AdmissionControl answers;
  private final TurnContext context;

  SessionTurns(
      SessionStore store, AdmissionControl answers, OrchestratorConfig settings, Duration lease) {
    this.answers = answers;
    Map<String, ActiveTurn> running = new ConcurrentHashMap<>();
    this.context =
        new TurnContext(
            store,
            new TurnLocks(),
            new SessionLeases(store, running, lease),
            settings,
            new Drafts(store.turns(), answers::execute),
            running,
            answers::execute);
  }

  /** As {@link Sessions#send}. */
  Runnable send(SendMessageRequest request, TurnListener listener) {
    if (!request.getDetached()) {
      return open(request, listener)::cancel;
    }
    // The end of the caller's context is not the end of this one.
    Context own = Context.current().fork();
    own.run(() -> open(request, new DetachedListener(listener)));
    return () -> {};
  }

  private ActiveAnswer open(SendMessageRequest request, TurnListener listener) {
    ActiveTurn turn = new ActiveTurn(context, Caller.currentOwner(), request, listener);
    ActiveAnswer answering = answers.open(turn);
    try {
      TextRules.require("request_id", request.getRequestId(), 0, MAX_KEY);
      turn.start(answering);
    } catch (OwlException e) {
      answering.fail(e);
    }
    return answering;
  }

  /** As {@link Sessions#follow}. */
  void follow(FollowAnswerRequest request, Consumer<SendMessageResponse> told) {
    Runnable giveBack = answers.hold(FOLLOWER_BYTES);
    try {
      AnswerFollower.follow(context, request, told);
    } finally {
      giveBack.run();
    }
  }

  /** Ends the answer that is being written, here or elsewhere; whether there was one. */
  boolean stop(String id) {
    ActiveTurn turn = context.running().get(id);
    if (turn != null && (turn.isIn() || !context.turns().isShared())) {
      turn.stop();
      return true;
    }
    return context.turns().stop(id);
  }

  /** Does something to a session when its answers have ended, and no other may begin. */
  void alone(String id, Runnable work) {
    // Again and again: a turn that waits may be next, and has no answer yet that could be stopped.
    Runnable leave = context.locks().enter(id, () -> stop(id));
    try {
      TurnLease lease =
          context
              .leases()
              .take(
                  id,
                  "",
                  _ -> {
                    context.turns().stop(id);
                    return true;
                  });
      try {
        work.run();
      } finally {
        context.leases().release(lease);
      }
    } finally {
      leave.run();
    }
  }

  /** Answers whose end could not be kept become interrupted ones. */
  void interruptAbandoned() {
    for (AbandonedAnswer answer : context.turns().abandoned()) {
      context
          .locks()
          .enterIfFree(answer.sessionId())
          .ifPresent(leave -> {
            try {
              context.turns().interrupt(answer);
            } finally {
              leave.run();
            }
          });
    }
  }

  /** Waits a moment for ends of turns to be kept. */
  @Override
  public void close() {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(ENDING_SECONDS);
    try {
      while (!context.running().isEmpty() && System.nanoTime() < end) {
        TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    context.leases().close();
  }
}
