// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.grpc.Context;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.trace.Tracer;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.identity.CallerLimits.Kind;
import io.owlmesh.orchestrator.OrchestratorConfig;
import io.owlmesh.orchestrator.audit.AuditLog;
import io.owlmesh.orchestrator.limits.RateLimits;
import io.owlmesh.orchestrator.mesh.AnswerDeadline;
import io.owlmesh.wire.identity.Caller;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** All answers in work, whichever door their callers came through, and what they may take. */
@Singleton
public final class AdmissionControl {
  private static final int COMPUTING = Math.max(4, 2 * Runtime.getRuntime().availableProcessors());

  private static final int LOOK_MILLIS = 20;

  /** Bytes a second of a request that arrives. */
  private static final int LEAST_RATE = 4 << 10;

  private final MeshGateway gateway;
  private final OrchestratorConfig settings;
  private final Tracer tracer;
  private final RateLimits limits;
  private final AuditLog audit;
  private final AdmissionQueue places;
  private final Shares room;
  private final AnswerInstruments instruments;
  private final Set<ActiveAnswer> open = ConcurrentHashMap.newKeySet();
  private volatile boolean draining;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final ExecutorService computing =
      Executors.newFixedThreadPool(
          COMPUTING, Thread.ofPlatform().name("compute-", 0).daemon(true).factory());
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("deadlines").daemon(true).factory());

  @Inject
  AdmissionControl(
      MeshGateway gateway,
      OrchestratorConfig settings,
      RateLimits limits,
      AuditLog audit,
      Tracer tracer,
      Meter meter) {
    this.gateway = gateway;
    this.settings = settings;
    this.limits = limits;
    this.audit = audit;
    this.tracer = tracer;
    this.places = new AdmissionQueue(settings.maxAnswers(), settings.maxWaitingAnswers());
    this.room = new Shares(settings.maxUploadBytes());
    this.instruments = new AnswerInstruments(meter, places);
  }

  /**
   * Begins an answer, in the trace and under the deadline of the current call, or under one of our
   * own. It takes a place once it starts. If the mesh is not whole, or this process drains, the
   * caller hears so and the answer is over.
   */
  public ActiveAnswer open(AnswerObserver caller) {
    Caller from = Caller.current();
    ActiveAnswer answering =
        new ActiveAnswer(
            this, caller, from, tracer.spanBuilder("owl.answer").startSpan(), deadline());
    open.add(answering);
    try {
      if (draining) {
        throw new OwlException(
            Fault.UNAVAILABLE, "", "draining: this orchestrator takes no new answers");
      }
      gateway.requireAny();
      answering.keep(limits.hold(from, Kind.ANSWERS, 1));
      limits.require(from, Kind.POSITIONS);
    } catch (OwlException e) {
      answering.fail(e);
    }
    return answering;
  }

  /** The current call, with our own deadline if it has none; to be cancelled when it is over. */
  public Context.CancellableContext deadline() {
    Context caller = Context.current();
    return caller.getDeadline() != null
        ? caller.withCancellation()
        : AnswerDeadline.own(caller)
            .withDeadlineAfter(settings.deadline().toMillis(), TimeUnit.MILLISECONDS, clock);
  }

  /** An answer is over, and what its caller is told was told. */
  void closed(ActiveAnswer answering) {
    open.remove(answering);
  }

  /** Refuses new answers from now on. */
  void drain() {
    draining = true;
  }

  /**
   * Waits until no answer is open.
   *
   * @return whether none is
   */
  boolean awaitNone(Duration time) throws InterruptedException {
    long end = System.nanoTime() + time.toNanos();
    while (!open.isEmpty() && System.nanoTime() < end) {
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    }
    return open.isEmpty();
  }

  /** Ends all answers that are open. */
  void endAll(OwlException why) {
    open.forEach(answering -> answering.fail(why));
  }

  AnswerInstruments instruments() {
    return instruments;
  }

  /** Those who have a place, and those who wait for one. */
  AdmissionQueue places() {
    return places;
  }

  /** Answers that wait for a place. */
  public int waiting() {
    return places.waiting();
  }

  /** Answers in work. */
  public int running() {
    return places.running();
  }

  /** As {@link #hold(Caller, long)}, for the current caller. */
  public Runnable hold(long bytes) {
    return hold(Caller.current(), bytes);
  }

  /**
   * Counts bytes that are kept for a caller.
   *
   * @return gives them back; to be run once
   * @throws OwlException SATURATED if the caller, its tenant or all together hold too many
   */
  public Runnable hold(@Nullable Caller caller, long bytes) {
    Runnable own = limits.hold(caller, Kind.BYTES, bytes);
    Optional<Runnable> shared = room.take(caller == null ? "" : caller.name(), bytes);
    if (shared.isEmpty()) {
      own.run();
      throw new OwlException(
          Fault.SATURATED,
          "images",
          "%d bytes of images, but %d are in work of at most %d"
              .formatted(bytes, room.taken(), settings.maxUploadBytes()));
    }
    return () -> {
      own.run();
      shared.get().run();
    };
  }

  /** Who did what. */
  public AuditLog audit() {
    return audit;
  }

  /** How much each caller may ask for. */
  public RateLimits limits() {
    return limits;
  }

  /** How long a request that arrives may come slower than the least rate. */
  public Duration patience() {
    return settings.requestPatience();
  }

  /**
   * Calls, again and again, if something does not go on.
   *
   * @param progress bytes so far
   * @return ends it
   */
  public Runnable watch(LongSupplier progress, Runnable late) {
    long millis = patience().toMillis();
    long least = Math.max(1, LEAST_RATE * millis / 1000);
    AtomicLong seen = new AtomicLong();
    var check =
        clock.scheduleWithFixedDelay(
            () -> {
              long now = progress.getAsLong();
              if (now - seen.getAndSet(now) < least) {
                execute(late);
              }
            },
            millis,
            millis,
            TimeUnit.MILLISECONDS);
    return () -> check.cancel(false);
  }

  /**
   * A model.
   *
   * @param name empty for the one of requests that name none
   * @throws OwlException MODEL_NOT_FOUND, field {@code model}
   */
  MeshModel model(String name) {
    return gateway.model("model", name);
  }

  /** Runs something on a thread of its own. */
  public void execute(Runnable work) {
    threads.execute(work);
  }

  /**
   * Computes on threads of the system, for the caller, who waits: virtual threads share few that
   * carry them all, and one that computes keeps its carrier from the others.
   */
  public <T> T compute(Supplier<T> work) {
    try {
      return CompletableFuture.supplyAsync(work, computing).join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException own ? own : e;
    }
  }
}
