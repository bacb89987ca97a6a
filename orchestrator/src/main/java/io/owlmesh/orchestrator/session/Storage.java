// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import io.owlmesh.orchestrator.store.DiskImages;
import io.owlmesh.orchestrator.store.ImageFiles;
import io.owlmesh.orchestrator.store.S3Images;
import io.owlmesh.orchestrator.store.SessionStore;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** What keeps conversations, as configured; deletes what is too old. */
@Singleton
final class Storage {
  private static final Logger LOG = Logger.getLogger(Storage.class);
  private static final Duration SWEEP = Duration.ofMinutes(10);

  private final SessionConfig config;
  private final SessionStore sessions;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("retention").daemon(true).factory());

  @Inject
  Storage(SessionConfig config) {
    this.config = config;
    String url =
        config
            .database()
            .orElseGet(() -> "jdbc:h2:file:" + config.data().toAbsolutePath().resolve("sessions"));
    this.sessions =
        SessionStore.open(url, config.databaseUser(), config.databasePassword(), images(config));
  }

  private static ImageFiles images(SessionConfig config) {
    if (config.images().isEmpty()) {
      return new DiskImages(config.data().toAbsolutePath().resolve("images"));
    }
    String bucket = String.valueOf(config.images().get().getHost());
    return new S3Images(bucket, config.s3Region(), config.s3Endpoint());
  }

  void started(@Observes StartupEvent event) {
    clock.scheduleWithFixedDelay(this::sweep, 0, SWEEP.toSeconds(), TimeUnit.SECONDS);
  }

  private void sweep() {
    try {
      Instant before =
          config.retention().map(age -> Instant.now().minus(age)).orElse(Instant.EPOCH);
      int deleted = sessions.sweep(before);
      if (deleted > 0) {
        LOG.infof(
            "Deleted %d sessions that nobody changed for %s",
            deleted, config.retention().orElseThrow());
      }
    } catch (RuntimeException e) {
      LOG.error("Deleting what is too old failed", e); // An exception would end the schedule.
    }
  }

  SessionStore sessions() {
    return sessions;
  }

  @PreDestroy
  void close() {
    clock.shutdownNow();
    sessions.close();
  }
}
