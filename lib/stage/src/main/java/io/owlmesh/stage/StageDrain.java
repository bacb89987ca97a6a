// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import io.owlmesh.wire.RunningCalls;
import io.quarkus.arc.All;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * What happens on SIGTERM, before anything is stopped: all stages of the process say that they
 * drain, new work is refused, and what runs may end until the time is up.
 */
@Singleton
public class StageDrain {
  private static final Logger LOG = Logger.getLogger(StageDrain.class);
  // For the last messages to leave.
  private static final Duration FLUSH = Duration.ofSeconds(1);

  private final List<EngineStage<?>> stages;
  private final RunningCalls calls;
  private final Duration timeout;

  @Inject
  StageDrain(@All List<EngineStage<?>> stages, RunningCalls calls, StageConfig settings) {
    this.stages = stages;
    this.calls = calls;
    this.timeout = settings.drainTimeout();
  }

  void stopping(@Observes ShutdownDelayInitiatedEvent event) {
    drain();
  }

  /** Returns when nothing runs any more. */
  void drain() {
    stages.forEach(EngineStage::drain);
    calls.drain();
    try {
      if (!calls.awaitNone(timeout.toNanos())) {
        LOG.warnf("What still runs after %s is ended", timeout);
        calls.end();
        calls.awaitNone(FLUSH.toNanos());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    // The server would wait for them.
    stages.forEach(stage -> stage.watch().close());
  }
}
