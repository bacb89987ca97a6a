// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import io.owlmesh.orchestrator.audit.AuditLog;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Deletes what is too old, and finishes what a crash left undone: at the start, then now and then.
 */
@Singleton
final class Retention {
  private static final Logger LOG = Logger.getLogger(Retention.class);
  private static final Duration SWEEP = Duration.ofMinutes(10);

  private final Sessions sessions;
  private final SessionConfig config;
  private final AuditLog audit;
  // At the start whatever others did, for nobody knows what we left undone before.
  private Duration since = Duration.ZERO;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("retention").daemon(true).factory());

  @Inject
  Retention(Sessions sessions, SessionConfig config, AuditLog audit) {
    this.sessions = sessions;
    this.config = config;
    this.audit = audit;
  }

  void started(@Observes StartupEvent event) {
    clock.scheduleWithFixedDelay(this::sweep, 0, SWEEP.toSeconds(), TimeUnit.SECONDS);
  }

  private void sweep() {
    try {
      int deleted = sessions.sweep(config.retention(), since);
      since = SWEEP.minusMinutes(1);
      audit.forget();
      if (deleted > 0) {
        LOG.infof(
            "Deleted %d sessions that nobody changed for %s",
            deleted, config.retention().orElseThrow());
      }
    } catch (RuntimeException e) {
      LOG.error("Deleting what is too old failed", e); // An exception would end the schedule.
    }
  }

  @PreDestroy
  void close() {
    clock.shutdownNow();
  }
}
