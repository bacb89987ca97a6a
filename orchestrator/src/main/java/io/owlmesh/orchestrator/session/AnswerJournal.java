// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.store.Draft;
import io.owlmesh.orchestrator.store.StoredAnswer;
import io.owlmesh.orchestrator.store.Turn;
import io.owlmesh.orchestrator.store.TurnLease;
import io.owlmesh.proto.chat.v1.AnswerDone;
import io.owlmesh.proto.chat.v1.AnswerSpan;
import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.MessageState;
import io.owlmesh.proto.chat.v1.SpanPhase;
import io.owlmesh.wire.Faults;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What is kept of one turn: its begin, what is said of the answer now and then, and its end. */
final class AnswerJournal {
  // With the moment that a draft waits, less than a second.
  private static final long SAVE_NANOS = 700_000_000;
  private static final long SAVE_FOLLOWED_NANOS = 50_000_000;
  private static final long FOLLOWED_NANOS = 5_000_000_000L;

  private final TurnContext context;
  private final TurnLease lease;
  private final Turn turn;
  private final TurnPlan.Asked asked;
  private final CompletableFuture<Void> begun = new CompletableFuture<>();
  private final StringBuilder text = new StringBuilder();
  private int tokens;
  private long savedAt = System.nanoTime();
  private long followedUntil = savedAt;

  AnswerJournal(TurnContext context, TurnLease lease, Turn turn, TurnPlan.Asked asked) {
    this.context = context;
    this.lease = lease;
    this.turn = turn;
    this.asked = asked;
  }

  /** Images of the branch before those that the model is shown. */
  int omittedImages() {
    return asked.omittedImages();
  }

  EventId place() {
    return new EventId(turn.answer().getId(), lease.fence(), 0);
  }

  /**
   * Keeps the begin. The model reads meanwhile; nothing is told of the turn before it is kept.
   *
   * @param again whether the turn was taken before, and its answer ended early
   */
  void begin(boolean again, Consumer<Turn> kept, Consumer<Throwable> failed) {
    try {
      if (again) {
        context.turns().restart(lease, turn.answer().getId(), turn.answer().getModel());
      } else {
        context.turns().begin(lease, turn);
      }
      kept.accept(turn);
      begun.complete(null);
    } catch (RuntimeException e) {
      begun.completeExceptionally(e);
      failed.accept(e);
    }
  }

  /** Waits for the begin; why it could not be kept. Then there is nothing to end either. */
  @Nullable Throwable lost() {
    try {
      begun.join();
      return null;
    } catch (CompletionException e) {
      return Objects.requireNonNull(e.getCause());
    }
  }

  /** Adds to the answer. A crash loses no more than the last second of it. */
  synchronized void say(String more, int tokensMore) {
    text.append(more);
    tokens += tokensMore;
    long now = System.nanoTime();
    long pause = now - followedUntil < 0 ? SAVE_FOLLOWED_NANOS : SAVE_NANOS;
    if (now - savedAt > pause) {
      savedAt = now;
      context.drafts().keep(new Draft(turn.answer().getId(), lease.fence(), text.toString()));
    }
  }

  /** Somebody follows the answer by what is kept of it: it is kept more often for some seconds. */
  synchronized void followed() {
    followedUntil = System.nanoTime() + FOLLOWED_NANOS;
  }

  synchronized int tokens() {
    return tokens;
  }

  /** The answer so far, once its begin is kept. */
  @Nullable StoredAnswer soFar() {
    return begun.isDone() && !begun.isCompletedExceptionally()
        ? new StoredAnswer(turn.question(), said().build(), lease.fence())
        : null;
  }

  private synchronized Message.Builder said() {
    return turn.answer().toBuilder().setText(text.toString());
  }

  /** With pictures counted over the branch, as events do, those that were left out too. */
  private AnswerDone.Builder numbered(AnswerDone done) {
    AnswerDone.Builder numbered = done.toBuilder();
    for (AnswerSpan.Builder span : numbered.getSpansBuilderList()) {
      if (span.getPhase() == SpanPhase.SPAN_PHASE_VISION
          || span.getPhase() == SpanPhase.SPAN_PHASE_ABSTRACTOR) {
        span.setImageIndex(span.getImageIndex() + asked.omittedImages());
      }
    }
    return numbered;
  }

  /** Keeps the end, and gives back the lease. */
  Message finish(MessageState state, @Nullable AnswerDone done, @Nullable Throwable failure) {
    Message.Builder answer = said().setState(state);
    if (done != null) {
      answer.setAnswer(numbered(done).setOmittedMessages(asked.omittedMessages()));
    } else if (failure != null && state == MessageState.MESSAGE_STATE_FAILED) {
      OwlException why = Faults.fromStatus(Faults.toStatus(failure));
      answer
          .setError(TextRules.keepable(String.valueOf(why.getMessage())))
          .setErrorCode(why.code().label())
          .setErrorField(TextRules.keepable(why.field()));
    }
    Message whole = answer.build();
    context.drafts().forget(whole.getId());
    context.turns().finish(lease, whole);
    return whole;
  }
}
