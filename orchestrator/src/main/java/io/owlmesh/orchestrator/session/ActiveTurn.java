// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import io.grpc.Status;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.identity.Tenant;
import io.owlmesh.orchestrator.pipeline.ActiveAnswer;
import io.owlmesh.orchestrator.pipeline.AnswerObserver;
import io.owlmesh.orchestrator.pipeline.ChatRequest;
import io.owlmesh.orchestrator.pipeline.MeshModel;
import io.owlmesh.orchestrator.store.StoredAnswer;
import io.owlmesh.orchestrator.store.StoredConversation;
import io.owlmesh.orchestrator.store.TenantStore;
import io.owlmesh.orchestrator.store.Turn;
import io.owlmesh.orchestrator.store.TurnLease;
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
import org.jspecify.annotations.Nullable;

/**
 * One turn from its request to its end: keeps what was accepted before it is answered, and the
 * answer before its end is told. What is said of an answer that ends early is kept, too.
 */
final class ActiveTurn implements AnswerObserver {
  private final TurnContext context;
  private final Tenant tenant;
  private final SendMessageRequest request;
  private final TurnEntry entry;
  private final TurnListener listener;
  private final TurnEventBuffer events;
  private @Nullable ActiveAnswer answering;
  private @Nullable Runnable leave;
  private @Nullable TurnLease lease;
  private @Nullable AnswerJournal journal;
  private boolean stopped;
  private boolean over;

  /**
   * @param tenant whose session it must be
   */
  ActiveTurn(
      TurnContext context, Tenant tenant, SendMessageRequest request, TurnListener listener) {
    this.context = context;
    this.tenant = tenant;
    this.request = request;
    this.entry = new TurnEntry(context, request);
    this.listener = listener;
    this.events = new TurnEventBuffer(listener);
  }

  String requestId() {
    return request.getRequestId();
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

  /** Whether it is its turn, among those of all orchestrators. */
  synchronized boolean isIn() {
    return lease != null;
  }

  /** Others took the lease of the session, or may have. Does nothing if it was another turn's. */
  void lost(TurnLease taken) {
    synchronized (this) {
      if (!taken.equals(lease)) {
        return;
      }
    }
    life().fail(new OwlException(Fault.UNAVAILABLE, "", "another orchestrator took over"));
  }

  /** Somebody follows the answer by what is kept of it. */
  synchronized void followed() {
    if (journal != null) {
      journal.followed();
    }
  }

  /** The answer so far, if it is being written. */
  synchronized Optional<StoredAnswer> soFar() {
    return Optional.ofNullable(journal == null || over ? null : journal.soFar());
  }

  /** What to ask the mesh; nothing if the request was answered before. */
  private Optional<ChatRequest> question() {
    TenantStore kept = context.store().of(tenant);
    kept.session(request.getSessionId()); // Before others could tell that they wait for it.
    enter(entry.enter());
    hold(entry.lease());
    StoredConversation before = kept.conversation(request.getSessionId());
    Optional<Turn> earlier = entry.earlier();
    if (earlier.isPresent() && TurnEntry.isAnswered(earlier.get().answer())) {
      replay(earlier.get());
      return Optional.empty();
    }
    TurnPlan plan = context.plan(tenant);
    MeshModel model = TurnPlan.model(before.session(), life()::use);
    GenerationOptions options = TurnPlan.options(request, before.session(), model);
    Turn next =
        (earlier.isPresent() ? earlier.get() : plan.turn(request, before))
            .answeredBy(TextRules.keepable(model.name()));
    TurnPlan.Asked question = plan.asked(next, before, options, model, life()::reserve);
    accept(next, question, earlier.isPresent());
    return Optional.of(question.question());
  }

  private synchronized ActiveAnswer life() {
    return Objects.requireNonNull(answering);
  }

  private synchronized void enter(Runnable left) {
    if (over) {
      left.run();
      throw Status.CANCELLED.asRuntimeException();
    }
    leave = left;
    context.running().put(request.getSessionId(), this);
  }

  private synchronized void hold(TurnLease taken) {
    if (over) {
      context.leases().release(taken);
      throw Status.CANCELLED.asRuntimeException();
    }
    lease = taken;
  }

  private synchronized void accept(Turn next, TurnPlan.Asked question, boolean again) {
    if (over) {
      throw Status.CANCELLED.asRuntimeException();
    }
    AnswerJournal kept = new AnswerJournal(context, Objects.requireNonNull(lease), next, question);
    journal = kept;
    events.from(kept.place());
    context.execute(() -> kept.begin(again, events::accepted, life()::fail));
  }

  private synchronized void replay(Turn earlier) {
    if (over) {
      return;
    }
    over = true;
    events.accepted(earlier);
    events.text(earlier.answer().getText());
    leave(false);
    events.done(earlier.answer());
  }

  /**
   * Leaves the session to others.
   *
   * @param kept whether the end of the answer was kept, and the lease given back with it
   */
  private void leave(boolean kept) {
    context.running().remove(request.getSessionId(), this);
    if (lease != null && kept) {
      context.leases().ended(lease);
    } else if (lease != null) {
      context.leases().release(lease);
    }
    if (leave != null) {
      leave.run();
      leave = null;
    }
  }

  @Override
  public void stage(Stage stage, List<Integer> indices, boolean cached) {
    AnswerJournal current = journal();
    int before = current == null ? 0 : current.omittedImages();
    indices.forEach(index -> events.stage(stage, before + index, cached));
  }

  private synchronized @Nullable AnswerJournal journal() {
    return journal;
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

  private synchronized void say(String said, int tokens) {
    if (!over && journal != null) {
      String more = TextRules.keepable(said);
      journal.say(more, tokens);
      events.text(more);
    }
  }

  @Override
  public void whenReady(Runnable next) {
    listener.whenReady(next);
  }

  @Override
  public void done(AnswerDone done) {
    AnswerJournal current = journal();
    Throwable lost = current == null ? null : current.lost();
    if (lost == null) {
      settle(MessageState.MESSAGE_STATE_COMPLETE, done, null, current);
    } else {
      settle(MessageState.MESSAGE_STATE_FAILED, null, lost, null);
    }
  }

  @Override
  public void fail(Throwable failure) {
    // Whoever tells of a failure may be a thread of the network, which must wait neither for a disk
    // nor for somebody who does.
    context.execute(() -> {
      AnswerJournal current = journal();
      Throwable lost = current == null ? null : current.lost();
      end(lost == null ? failure : lost, lost == null ? current : null);
    });
  }

  private synchronized void end(Throwable failure, @Nullable AnswerJournal kept) {
    boolean gone = Faults.toStatus(failure).getStatus().getCode() == Status.Code.CANCELLED;
    if (gone && stopped && kept != null) {
      AnswerDone partial =
          AnswerDone.newBuilder()
              .setReason(FinishReason.FINISH_REASON_CANCELLED)
              .setCompletionTokens(kept.tokens())
              .setTraceId(life().traceId())
              .build();
      settle(MessageState.MESSAGE_STATE_STOPPED, partial, null, kept);
    } else {
      settle(
          gone ? MessageState.MESSAGE_STATE_INTERRUPTED : MessageState.MESSAGE_STATE_FAILED,
          null,
          failure,
          kept);
    }
  }

  /**
   * Keeps the end of the answer, then tells it.
   *
   * @param kept where the begin was kept, if it was
   */
  private synchronized void settle(
      MessageState state,
      @Nullable AnswerDone done,
      @Nullable Throwable failure,
      @Nullable AnswerJournal kept) {
    if (over) {
      return;
    }
    over = true;
    Message answer;
    try {
      answer = kept == null ? null : kept.finish(state, done, failure);
    } catch (RuntimeException e) {
      leave(false);
      listener.failed(e);
      return;
    }
    // Whoever hears of the end may take the next turn at once.
    leave(answer != null);
    if (done != null && answer != null) {
      events.done(answer);
    } else if (failure != null) {
      listener.failed(failure);
    }
  }
}
