// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Deadline;
import io.grpc.Status;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Scope;
import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.identity.CallerLimits.Kind;
import io.owlmesh.orchestrator.mesh.StageFailure;
import io.owlmesh.proto.chat.v1.AnswerDone;
import io.owlmesh.proto.chat.v1.Stage;
import io.owlmesh.proto.llm.v1.Finished;
import io.owlmesh.proto.llm.v1.Token;
import io.owlmesh.wire.Faults;
import io.owlmesh.wire.identity.Caller;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One answer from its request to its end: holds a place, the trace and the deadline. A virtual
 * thread leads it through the stages.
 */
public final class ActiveAnswer {
  private static final Logger LOG = Logger.getLogger(ActiveAnswer.class);

  private final AdmissionControl answers;
  private final AnswerObserver caller;
  private final @Nullable Caller from;
  private final Span span;
  private final Context.CancellableContext context;
  private final Context.CancellationListener gone = over -> fail(ended(over));
  private final List<Runnable> held = new ArrayList<>();
  private volatile @Nullable MeshModel model;
  private volatile String session = "";
  private volatile List<String> shown = List.of();
  private final AtomicLong told = new AtomicLong();
  private volatile int prompt;
  private final long began = System.nanoTime();
  private boolean ended;

  ActiveAnswer(
      AdmissionControl answers,
      AnswerObserver caller,
      @Nullable Caller from,
      Span span,
      Context.CancellableContext context) {
    this.answers = answers;
    this.caller = caller;
    this.from = from;
    this.span = span;
    this.context = context;
  }

  /**
   * Counts bytes of images that are to be kept until the answer ends.
   *
   * @throws io.owlmesh.core.OwlException SATURATED if all answers hold too many
   */
  public synchronized void reserve(long bytes) {
    if (!ended) {
      held.add(answers.hold(from, bytes));
    }
  }

  /**
   * Chooses the model that answers, which stays until the end of the answer even if it is removed.
   * Without this, it is the one of requests that name none.
   *
   * @param name empty for that one
   * @throws OwlException MODEL_NOT_FOUND, field {@code model}
   */
  public MeshModel use(String name) {
    MeshModel chosen = answers.model(name);
    while (!enter(chosen)) {
      chosen = answers.model(name); // It moved this moment.
    }
    return chosen;
  }

  /** As above; if the model was removed this moment, the caller hears so and the answer is over. */
  public void use(MeshModel chosen) {
    if (enter(chosen)) {
      return;
    }
    try {
      use(chosen.configuredName());
    } catch (OwlException e) {
      fail(e);
    }
  }

  private boolean enter(MeshModel chosen) {
    boolean entered = chosen.enter(this);
    if (entered) {
      keep(() -> chosen.leave(this));
      model = chosen;
    }
    return entered;
  }

  /**
   * Takes a place, once there is one, and leads a question through the stages; fails if there will
   * be none in time. Does nothing if the answer is over.
   *
   * @param priority larger ones go first
   * @param question asked on the thread of the answer, may block and fail; if there is none, all
   *     was told and the answer is over
   */
  public void start(int priority, Supplier<Optional<ChatRequest>> question) {
    Deadline deadline = context.getDeadline();
    Duration remaining =
        deadline == null
            ? ChronoUnit.FOREVER.getDuration()
            : Duration.ofNanos(deadline.timeRemaining(TimeUnit.NANOSECONDS));
    context.addListener(gone, answers::execute);
    try {
      Runnable leave =
          answers
              .places()
              .enter(
                  from == null ? "" : from.name(),
                  priority,
                  remaining,
                  place -> enter(place, question),
                  this::fail);
      keep(leave);
    } catch (OwlException e) {
      fail(e);
    }
  }

  private static RuntimeException ended(Context over) {
    Status status = Contexts.statusFromCancelled(over);
    return status.getCode() == Status.Code.DEADLINE_EXCEEDED
        ? new OwlException(
            Fault.TOO_LATE, "", "the time for the answer ended while it waited for a place")
        : status.asRuntimeException();
  }

  private void enter(Runnable place, Supplier<Optional<ChatRequest>> question) {
    context.removeListener(gone); // From now on the stages notice, and can say where.
    if (keep(place)) {
      answers.execute(context.wrap(() -> run(question)));
    }
  }

  /** Runs something at the end; at once, if that has come. */
  boolean keep(Runnable giveBack) {
    synchronized (this) {
      if (!ended) {
        held.add(giveBack);
        return true;
      }
    }
    giveBack.run();
    return false;
  }

  private void run(Supplier<Optional<ChatRequest>> asked) {
    try (Scope _ = span.makeCurrent()) {
      Optional<ChatRequest> question = asked.get();
      end(null, question.map(this::answer).orElse(null));
    } catch (StageFailure e) {
      fail(e.fault());
    } catch (RuntimeException e) {
      fail(e);
    }
  }

  private AnswerDone answer(ChatRequest question) {
    session = question.session();
    shown = question.images().stream().map(ImageContent::sha256).toList();
    answers.limits().take(from, Kind.IMAGES, question.images().size());
    span.setAttribute("owl.images", question.images().size());
    span.setAttribute("gen_ai.operation.name", "chat");
    span.setAttribute("gen_ai.provider.name", "owlmesh");
    MeshModel chosen = model;
    MeshModel asked = chosen == null ? use("") : chosen;
    span.setAttribute("gen_ai.request.model", asked.name());
    AnswerDone done = asked.pipeline().answer(question, counting());
    answers.instruments().complete(tenant(), asked.name(), done, question.images().size());
    return done.toBuilder().setTraceId(traceId()).build();
  }

  /** Counts what is read and told, for that of an answer that ends early counts, too. */
  private AnswerListener counting() {
    return new AnswerListener() {
      @Override
      public void stage(Stage stage, List<Integer> indices, boolean cached) {
        caller.stage(stage, indices, cached);
      }

      @Override
      public void accepted(int promptTokens) {
        prompt = promptTokens;
      }

      @Override
      public void token(Token token) {
        told.incrementAndGet();
        caller.token(token);
      }

      @Override
      public void moved(int tokensKept) {
        caller.moved(tokensKept);
      }

      @Override
      public void ended(Finished end) {
        caller.ended(end);
      }

      @Override
      public void whenReady(Runnable next) {
        caller.whenReady(next);
      }
    };
  }

  /** Ends the answer, and the work of the stages on it. Does nothing if it is over. */
  public void fail(Throwable failure) {
    end(failure, null);
  }

  /** Whoever asked went away. */
  public void cancel() {
    fail(Status.CANCELLED.asRuntimeException());
  }

  /** 32 hex digits. */
  public String traceId() {
    return span.getSpanContext().getTraceId();
  }

  /** Whether it was not over before. */
  private boolean leave() {
    List<Runnable> all;
    synchronized (this) {
      if (ended) {
        return false;
      }
      ended = true;
      all = List.copyOf(held);
    }
    all.forEach(Runnable::run); // Without the lock: a place that is given back begins another.
    return true;
  }

  /**
   * At most one of the two is there: why it failed, or the end of the answer. Whoever is told may
   * take his time; who comes second, perhaps a thread of the network, does not wait for him.
   */
  private void end(@Nullable Throwable failure, @Nullable AnswerDone done) {
    if (!leave()) {
      return;
    }
    @Nullable ErrorCode code = failure == null ? null : Faults.fromStatus(Faults.toStatus(failure)).code();
    boolean callersEnd = code == ErrorCode.CANCELLED || code == ErrorCode.DEADLINE_EXCEEDED;
    // What the mesh did not do for a caller it does not count.
    long read = told.get() > 0 || code == null || callersEnd ? prompt : 0;
    answers.limits().used(from, Kind.POSITIONS, read + told.get());
    String outcome = code == null ? "ok" : code.label();
    answers.audit().answer(from, session, traceId(), shown, read, told.get(), outcome);
    if (done != null) {
      span.setAttribute("gen_ai.usage.input_tokens", done.getPromptTokens());
      span.setAttribute("gen_ai.usage.output_tokens", done.getCompletionTokens());
      span.setAttribute("owl.prompt_tokens", done.getPromptTokens());
      span.setAttribute("owl.visual_tokens", done.getVisualTokens());
      span.setAttribute("owl.cached_images", done.getCachedImages());
      span.setAttribute("owl.completion_tokens", done.getCompletionTokens());
      caller.done(done);
      tell("OK", done);
    } else if (failure != null) {
      Status status = Faults.toStatus(failure).getStatus();
      span.setStatus(StatusCode.ERROR, status.getCode().name());
      caller.fail(failure);
      tell(status.getCode().name(), AnswerDone.getDefaultInstance());
      if (status.getCode() == Status.Code.INTERNAL) {
        LOG.error("An answer failed", failure);
      }
    }
    span.end();
    // Ends the calls to the stages that are still running.
    context.cancel(null);
    answers.closed(this);
  }

  private String tenant() {
    return answers.limits().tenant(from);
  }

  private void tell(String status, AnswerDone done) {
    MeshModel asked = model;
    // The histogram keeps its trace as an exemplar.
    try (Scope _ = span.makeCurrent()) {
      answers
          .instruments()
          .ended(
              tenant(),
              asked == null ? "" : asked.name(),
              status,
              (System.nanoTime() - began) / 1e9);
    }
    LOG.infof(
        "answer %s: %d prompt and %d new tokens, %d ms, trace %s",
        status,
        done.getPromptTokens(),
        done.getCompletionTokens(),
        done.getTimings().getTotalMicros() / 1000,
        traceId());
  }
}
