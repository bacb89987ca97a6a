// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

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
import org.jboss.logging.Logger;

/** Whether the mesh can answer: it tells the health protocol, now and then. */
public final class MeshHealth implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(MeshHealth.class);
  private static final long PATIENCE_MILLIS = 2_000;

  private final HealthStatusManager health;
  private final Runnable ready;
  private final Runnable needed;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("health").daemon(true).factory());
  // On the clock's thread alone.
  private String lastTold = "";
  private CompletableFuture<Void> checking = CompletableFuture.completedFuture(null);

  /**
   * @param ready fails with an {@link OwlException} unless a model can be asked
   * @param needed checks what must work, too, for health to say SERVING, although questions that
   *     need nothing of it are answered; fails with an {@link OwlException}
   */
  public MeshHealth(HealthStatusManager health, Runnable ready, Runnable needed) {
    this.health = health;
    this.ready = ready;
    this.needed = needed;
  }

  /** Looks now and then every so often. */
  public void start(Duration every) {
    clock.scheduleWithFixedDelay(this::look, 0, every.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void look() {
    Optional<OwlException> why;
    try {
      ready.run();
      why = missing();
    } catch (OwlException e) {
      why = Optional.of(e);
    } catch (RuntimeException e) {
      LOG.error("Looking at the models failed", e);
      return; // An exception would end the schedule.
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

  @Override
  public void close() {
    clock.shutdownNow();
    health.enterTerminalState();
  }
}
