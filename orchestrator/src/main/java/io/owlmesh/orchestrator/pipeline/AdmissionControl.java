// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.grpc.Context;
import io.opentelemetry.api.trace.Tracer;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.OrchestratorConfig;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** All answers in work, whichever door their callers came through, and what they may take. */
@Singleton
public final class AdmissionControl {
  private static final Context.Key<Boolean> OWN_DEADLINE = Context.key("owl.own-deadline");

  private final MeshGateway gateway;
  private final OrchestratorConfig settings;
  private final Tracer tracer;
  private final Semaphore places;
  private final AtomicLong uploadBytes = new AtomicLong();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("deadlines").daemon(true).factory());

  @Inject
  AdmissionControl(MeshGateway gateway, OrchestratorConfig settings, Tracer tracer) {
    this.gateway = gateway;
    this.settings = settings;
    this.tracer = tracer;
    this.places = new Semaphore(settings.maxAnswers());
  }

  /**
   * Begins an answer, in the trace and under the deadline of the current call, or under one of our
   * own. If the mesh is not whole or has no place, the caller hears so and the answer is over.
   */
  public ActiveAnswer open(AnswerObserver caller) {
    ActiveAnswer answering =
        new ActiveAnswer(this, caller, tracer.spanBuilder("owl.answer").startSpan(), deadline());
    try {
      gateway.mesh();
      answering.enter();
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
        : caller
            .withValue(OWN_DEADLINE, true)
            .withDeadlineAfter(settings.deadline().toMillis(), TimeUnit.MILLISECONDS, clock);
  }

  /** Whether the deadline of the current context is one that a caller set, and not our own. */
  public static boolean isDeadlineOfCaller() {
    return Context.current().getDeadline() != null && OWN_DEADLINE.get() == null;
  }

  void takePlace() {
    if (!places.tryAcquire()) {
      throw new OwlException(
          Fault.SATURATED,
          "",
          "%d answers are in work, the limit".formatted(settings.maxAnswers()));
    }
  }

  void leavePlace() {
    places.release();
  }

  /**
   * Counts bytes of images that are about to be kept.
   *
   * @return gives them back; to be run once
   * @throws OwlException SATURATED if all callers together hold too many
   */
  public Runnable hold(long bytes) {
    long all = uploadBytes.addAndGet(bytes);
    if (all > settings.maxUploadBytes()) {
      uploadBytes.addAndGet(-bytes);
      throw new OwlException(
          Fault.SATURATED,
          "images",
          "%d bytes of images, but %d are in work of at most %d"
              .formatted(bytes, all - bytes, settings.maxUploadBytes()));
    }
    return () -> uploadBytes.addAndGet(-bytes);
  }

  Pipeline pipeline() {
    return gateway.pipeline();
  }

  /** Runs something on a thread of its own. */
  public void execute(Runnable work) {
    threads.execute(work);
  }
}
