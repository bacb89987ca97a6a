// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import io.grpc.Context;
import io.grpc.Contexts;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.store.Notice;
import io.owlmesh.orchestrator.store.StoredAnswer;
import io.owlmesh.proto.chat.v1.FollowAnswerRequest;
import io.owlmesh.proto.chat.v1.MessageState;
import io.owlmesh.proto.chat.v1.SendMessageResponse;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Tells an answer to somebody who did not ask for it: by the turn itself where that is taken here,
 * else by what is kept of it. Looks again and again, which needs nothing from whoever writes it.
 */
final class AnswerFollower {
  private static final int HERE_MILLIS = 30;
  private static final int ELSEWHERE_MILLIS = 200;
  private static final long ASK_NANOS = 2_000_000_000;

  private final TurnContext context;
  private final String session;
  private final Consumer<SendMessageResponse> told;
  private EventId place;
  private long askedAt = System.nanoTime() - ASK_NANOS;

  private AnswerFollower(
      TurnContext context, String session, EventId place, Consumer<SendMessageResponse> told) {
    this.context = context;
    this.session = session;
    this.place = place;
    this.told = told;
  }

  /**
   * Tells until the answer is over, or the current gRPC context is.
   *
   * @param told waits until its listener keeps up; may fail
   * @throws OwlException NOT_FOUND or BAD_INPUT naming the field
   */
  static void follow(
      TurnContext context, FollowAnswerRequest request, Consumer<SendMessageResponse> told) {
    String session = request.getSessionId();
    Optional<EventId> after =
        Optional.of(request.getAfter())
            .filter(text -> !text.isEmpty())
            .map(text -> EventId.parse("after", text));
    EventId place =
        after.orElseGet(() ->
            new EventId(
                context
                    .turns()
                    .newest(session)
                    .orElseThrow(() ->
                        new OwlException(
                            Fault.NOT_FOUND, "session_id", "nothing was asked in this session")),
                // No lease has this one, so that all is told.
                -1,
                0));
    new AnswerFollower(context, session, place, told).run();
  }

  private void run() {
    Context life = Context.current();
    while (true) {
      if (life.isCancelled()) {
        throw Contexts.statusFromCancelled(life).asRuntimeException();
      }
      Optional<StoredAnswer> here = here();
      StoredAnswer answer = here.orElseGet(this::kept);
      tell(answer);
      if (answer.answer().getState() != MessageState.MESSAGE_STATE_ANSWERING) {
        event(SendMessageResponse.newBuilder().setDone(answer.answer()));
        return;
      }
      if (here.isEmpty()) {
        askForMore();
      }
      sleep(here.isPresent() ? HERE_MILLIS : ELSEWHERE_MILLIS);
    }
  }

  private Optional<StoredAnswer> here() {
    ActiveTurn turn = context.running().get(session);
    return Optional.ofNullable(turn)
        .flatMap(ActiveTurn::soFar)
        .filter(answer -> answer.answer().getId().equals(place.answerId()));
  }

  private StoredAnswer kept() {
    return context.turns().answer(session, place.answerId()).orElseThrow(this::nothing);
  }

  private OwlException nothing() {
    var _ = context.turns().newest(session); // Or the session is gone.
    return new OwlException(
        Fault.NOT_FOUND, "after", "no answer '" + place.answerId() + "' in this session");
  }

  private void tell(StoredAnswer answer) {
    if (answer.fence() != place.fence()) {
      place = new EventId(place.answerId(), answer.fence(), 0);
      event(
          TurnEventBuffer.accepted(
              answer.question(),
              answer.answer().toBuilder()
                  .clearText()
                  .clearAnswer()
                  .clearError()
                  .setState(MessageState.MESSAGE_STATE_ANSWERING)
                  .build()));
    }
    String text = answer.answer().getText();
    if (text.codePointCount(0, text.length()) > place.characters()) {
      String more = text.substring(text.offsetByCodePoints(0, place.characters()));
      place = place.plus(more);
      event(TurnEventBuffer.said(more));
    }
  }

  private void event(SendMessageResponse.Builder event) {
    told.accept(event.setEventId(place.toString()).build());
  }

  /** Whoever writes the answer keeps it more often while somebody follows. */
  private void askForMore() {
    if (System.nanoTime() - askedAt > ASK_NANOS) {
      askedAt = System.nanoTime();
      context.turns().tell(new Notice(Notice.Kind.FOLLOW, session));
    }
  }

  private static void sleep(int millis) {
    try {
      TimeUnit.MILLISECONDS.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new OwlException(Fault.CANCELLED, "", "interrupted", e);
    }
  }
}
