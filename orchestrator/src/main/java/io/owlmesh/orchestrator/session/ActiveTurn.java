// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import io.grpc.Status;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.pipeline.ActiveAnswer;
import io.owlmesh.orchestrator.pipeline.AnswerObserver;
import io.owlmesh.orchestrator.pipeline.ChatRequest;
import io.owlmesh.orchestrator.store.Draft;
import io.owlmesh.orchestrator.store.SessionStore;
import io.owlmesh.orchestrator.store.StoredConversation;
import io.owlmesh.orchestrator.store.Turn;
import io.owlmesh.proto.chat.v1.AnswerDone;
import io.owlmesh.proto.chat.v1.FinishReason;
import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.MessageState;
import io.owlmesh.proto.chat.v1.SendMessageRequest;
import io.owlmesh.proto.chat.v1.Stage;
import io.owlmesh.proto.llm.v1.Finished;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import io.owlmesh.proto.llm.v1.Token;
import io.owlmesh.wire.Faults;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * One turn from its request to its end: keeps what was accepted before it is answered, and the
 * answer before its end is told. What is said of an answer that ends early is kept, too.
 */
final class ActiveTurn implements AnswerObserver {
  // With the moment that a draft waits, less than a second.
  private static final long SAVE_NANOS = 700_000_000;

  private final Sessions.TurnContext context;
  private final SendMessageRequest request;
  private final TurnListener listener;
  private final TurnEventBuffer events;
  private final StringBuilder text = new StringBuilder();
  private @Nullable ActiveAnswer answering;
  private @Nullable Runnable leave;
  private @Nullable Turn turn;
  private @Nullable CompletableFuture<Void> begun;
  private TurnPlan.@Nullable Asked asked;
  private long savedAt;
  private int tokens;
  private boolean stopped;
  private boolean over;

  ActiveTurn(Sessions.TurnContext context, SendMessageRequest request, TurnListener listener) {
    this.context = context;
    this.request = request;
    this.listener = listener;
    this.events = new TurnEventBuffer(listener);
  }

  /** Begins, on another thread. */
  void start(ActiveAnswer life) {
    synchronized (this) {
      answering = life;
    }
    life.start(request.getOptions().getPriority(), this::question);
  }

  /** Ends the answer; what was said of it becomes all of it. To be called once it began. */
  void stop() {
    synchronized (this) {
      stopped = true;
    }
    life().cancel();
  }

  /** What to ask the mesh; nothing if the request was answered before. */
  private Optional<ChatRequest> question() {
    SessionStore store = context.store();
    String id = request.getSessionId();
    enter(context.locks().enterIfFree(id).orElseGet(this::enterLater));
    StoredConversation before = store.conversation(id);
    Optional<Turn> earlier = earlier();
    if (earlier.isPresent() && isAnswered(earlier.get().answer())) {
      replay(earlier.get());
      return Optional.empty();
    }
    TurnPlan plan = context.plan();
    GenerationOptions options = plan.options(request, before.session());
    Turn next = earlier.isPresent() ? earlier.get() : plan.turn(request, before);
    TurnPlan.Asked question = plan.asked(next, before, options, life()::reserve);
    accept(next, question, earlier.isPresent());
    return Optional.of(question.question());
  }

  private Runnable enterLater() {
    boolean repeated = isInWork() || earlier().isPresent();
    return context.locks().enter(request.getSessionId(), request.getWait() || repeated);
  }

  private Optional<Turn> earlier() {
    if (request.getRequestId().isEmpty()) {
      return Optional.empty();
    }
    Optional<Turn> earlier = context.store().turn(request.getSessionId(), request.getRequestId());
    if (earlier.isPresent() && !earlier.get().asked().equals(TurnPlan.digest(request))) {
      throw OwlException.badInput("request_id", "is that of another request in this session");
    }
    return earlier;
  }

  /** Whether the same request is in work, although nothing may be kept of it yet. */
  private boolean isInWork() {
    ActiveTurn other = context.running().get(request.getSessionId());
    return other != null
        && !request.getRequestId().isEmpty()
        && request.getRequestId().equals(other.request.getRequestId());
  }

  private synchronized ActiveAnswer life() {
    return Objects.requireNonNull(answering);
  }

  private static boolean isAnswered(Message answer) {
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

  private synchronized void enter(Runnable left) {
    if (over) {
      left.run();
      throw Status.CANCELLED.asRuntimeException();
    }
    leave = left;
    context.running().put(request.getSessionId(), this);
  }

  private synchronized void accept(Turn next, TurnPlan.Asked question, boolean again) {
    if (over) {
      throw Status.CANCELLED.asRuntimeException();
    }
    turn = next;
    asked = question;
    savedAt = System.nanoTime();
    // The model reads meanwhile; nothing is told of the turn before it is kept.
    CompletableFuture<Void> kept = new CompletableFuture<>();
    begun = kept;
    context.execute(() -> begin(next, again, kept));
  }

  private void begin(Turn next, boolean again, CompletableFuture<Void> kept) {
    try {
      if (again) {
        context.store().restart(next.sessionId(), next.answer().getId());
      } else {
        context.store().begin(next);
      }
      events.accepted(next);
      kept.complete(null);
    } catch (RuntimeException e) {
      kept.completeExceptionally(e);
      life().fail(e);
    }
  }

  private synchronized void replay(Turn earlier) {
    if (over) {
      return;
    }
    over = true;
    events.accepted(earlier);
    events.text(earlier.answer().getText());
    leave();
    events.done(earlier.answer());
  }

  private void leave() {
    context.running().remove(request.getSessionId(), this);
    if (leave != null) {
      leave.run();
      leave = null;
    }
  }

  @Override
  public void stage(Stage stage, List<Integer> indices, boolean cached) {
    int before = asked == null ? 0 : asked.omittedImages();
    indices.forEach(index -> events.stage(stage, before + index, cached));
  }

  @Override
  public void token(Token token) {
    say(token.getText(), 1);
  }

  @Override
  public void moved(int tokensKept) {
    events.moved(tokensKept);
  }

  @Override
  public void ended(Finished end) {
    say(end.getText(), 0);
  }

  private synchronized void say(String more, int tokensMore) {
    if (over) {
      return;
    }
    text.append(more);
    tokens += tokensMore;
    events.text(more);
    saveNowAndThen();
  }

  /** So that a crash loses no more than the last second of a long answer. */
  private void saveNowAndThen() {
    Turn current = turn;
    if (current != null && System.nanoTime() - savedAt > SAVE_NANOS) {
      savedAt = System.nanoTime();
      context
          .drafts()
          .keep(new Draft(current.sessionId(), current.answer().getId(), text.toString()));
    }
  }

  @Override
  public void whenReady(Runnable next) {
    listener.whenReady(next);
  }

  @Override
  public void done(AnswerDone done) {
    Throwable lost = lost();
    if (lost == null) {
      settle(MessageState.MESSAGE_STATE_COMPLETE, done, null);
    } else {
      settle(MessageState.MESSAGE_STATE_FAILED, null, lost);
    }
  }

  /** Why the turn could not be kept, once that is known; then there is nothing to end either. */
  private @Nullable Throwable lost() {
    CompletableFuture<Void> kept;
    synchronized (this) {
      kept = begun;
    }
    if (kept == null) {
      return null;
    }
    try {
      kept.join();
      return null;
    } catch (CompletionException e) {
      synchronized (this) {
        turn = null;
      }
      return Objects.requireNonNull(e.getCause());
    }
  }

  @Override
  public void fail(Throwable failure) {
    // Whoever tells of a failure may be a thread of the network, which must wait neither for a disk
    // nor for somebody who does.
    context.execute(() -> {
      Throwable lost = lost();
      end(lost == null ? failure : lost);
    });
  }

  private synchronized void end(Throwable failure) {
    boolean gone = Faults.toStatus(failure).getStatus().getCode() == Status.Code.CANCELLED;
    if (gone && stopped && turn != null) {
      AnswerDone partial =
          AnswerDone.newBuilder()
              .setReason(FinishReason.FINISH_REASON_CANCELLED)
              .setCompletionTokens(tokens)
              .setTraceId(life().traceId())
              .build();
      settle(MessageState.MESSAGE_STATE_STOPPED, partial, null);
    } else {
      settle(
          gone ? MessageState.MESSAGE_STATE_INTERRUPTED : MessageState.MESSAGE_STATE_FAILED,
          null,
          failure);
    }
  }

  /** Keeps the end of the answer, then tells it. */
  private synchronized void settle(
      MessageState state, @Nullable AnswerDone done, @Nullable Throwable failure) {
    if (over) {
      return;
    }
    over = true;
    Message answer;
    try {
      answer = keep(state, done, failure);
    } catch (RuntimeException e) {
      leave();
      listener.failed(e);
      return;
    }
    // Whoever hears of the end may take the next turn at once.
    leave();
    if (done != null && answer != null) {
      events.done(answer);
    } else if (failure != null) {
      listener.failed(failure);
    }
  }

  private @Nullable Message keep(
      MessageState state, @Nullable AnswerDone done, @Nullable Throwable failure) {
    if (turn == null) {
      return null;
    }
    Message.Builder answer = turn.answer().toBuilder().setText(text.toString()).setState(state);
    if (done != null && asked != null) {
      answer.setAnswer(done.toBuilder().setOmittedMessages(asked.omittedMessages()));
    } else if (failure != null) {
      String why = Faults.toStatus(failure).getStatus().getDescription();
      answer.setError(why == null ? "" : why);
    }
    Message whole = answer.build();
    context.drafts().forget(whole.getId());
    context.store().finish(turn.sessionId(), whole);
    return whole;
  }
}
