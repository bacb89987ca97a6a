// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import io.grpc.Context;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.wire.HealthService;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/** Whether the mesh can answer: tries it out once, and tells the health protocol from then on. */
public final class MeshHealth implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(MeshHealth.class);
  private static final long PATIENCE_MILLIS = 2_000;
  private static final long WARM_UP_SECONDS = 300;

  private final WeightGroups groups;
  private final HealthStatusManager health;
  private final Consumer<MeshInfo> warmUp;
  private final Runnable needed;
  private final ScheduledExecutorService clock =
      // A second thread, because the warm-up waits on one for a deadline that the other sets off.
      Executors.newScheduledThreadPool(
          2, Thread.ofPlatform().name("health").daemon(true).factory());
  // On the clock's thread alone.
  private String lastTold = "";
  private CompletableFuture<Void> checking = CompletableFuture.completedFuture(null);
  private volatile Optional<OwlException> notWarm =
      Optional.of(new OwlException(Fault.UNAVAILABLE, "", "the stages have not answered yet"));

  /**
   * @param warmUp tries a whole mesh out, once, before it counts as ready; fails with a {@link
   *     StageFailure} or an {@link OwlException}
   * @param needed checks what must work, too, for health to say SERVING, although questions that
   *     need nothing of it are answered; fails with an {@link OwlException}
   */
  public MeshHealth(
      WeightGroups groups, HealthStatusManager health, Consumer<MeshInfo> warmUp, Runnable needed) {
    this.groups = groups;
    this.health = health;
    this.warmUp = warmUp;
    this.needed = needed;
  }

  /** Looks now and then every so often. */
  public void start(Duration every) {
    clock.scheduleWithFixedDelay(this::look, 0, every.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * What is in use, if the mesh is whole and was tried out.
   *
   * @throws OwlException UNAVAILABLE or OTHER_WEIGHTS, saying which stage
   */
  public MeshInfo require() {
    notWarm.ifPresent(reason -> {
      throw new OwlException(reason.fault(), "", String.valueOf(reason.getMessage()), reason);
    });
    return groups.inUse();
  }

  private void look() {
    Optional<OwlException> why = Optional.empty();
    try {
      MeshInfo mesh = groups.inUse();
      if (notWarm.isPresent()) {
        warmUpOnce(mesh);
        notWarm = Optional.empty();
      }
      why = missing();
    } catch (StageFailure e) {
      why = Optional.of(e.fault());
    } catch (OwlException e) {
      why = Optional.of(e);
    } catch (RuntimeException e) {
      LOG.error("Looking at the stages failed", e);
      return; // An exception would end the schedule.
    }
    if (notWarm.isPresent()) {
      notWarm = why;
    }
    tell(why);
  }

  private Optional<OwlException> missing() {
    if (checking.isDone()) {
      checking = CompletableFuture.runAsync(needed, Thread::startVirtualThread);
    }
    try {
      checking.get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
      return Optional.empty();
    } catch (TimeoutException e) {
      return Optional.of(
          new OwlException(Fault.UNAVAILABLE, "", "what keeps conversations does not answer", e));
    } catch (ExecutionException e) {
      return Optional.of(
          e.getCause() instanceof OwlException known
              ? known
              : new OwlException(Fault.INTERNAL, "", "a check failed", e.getCause()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  private void tell(Optional<OwlException> why) {
    String told =
        why.map(reason -> "Not ready: " + reason.getMessage())
            .orElse("Ready: all stages answer and serve one checkpoint");
    if (!told.equals(lastTold)) {
      lastTold = told;
      LOG.info(told);
      HealthService.tell(
          health,
          ChatGrpc.SERVICE_NAME,
          why.isEmpty() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING);
    }
  }

  /** Under a deadline, for a stage that hangs must not keep this from looking again. */
  private void warmUpOnce(MeshInfo mesh) {
    Context.CancellableContext context =
        Context.ROOT.withDeadlineAfter(WARM_UP_SECONDS, TimeUnit.SECONDS, clock);
    try {
      context.run(() -> warmUp.accept(mesh));
    } finally {
      context.cancel(null);
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
    health.enterTerminalState();
  }
}
