// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import io.owlmesh.orchestrator.store.DiskImages;
import io.owlmesh.orchestrator.store.ImageFiles;
import io.owlmesh.orchestrator.store.S3Images;
import io.owlmesh.orchestrator.store.SessionStore;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;

/** What keeps conversations, as configured. */
@Singleton
final class Storage {
  private final SessionStore sessions;

  @Inject
  Storage(SessionConfig config) {
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

  SessionStore sessions() {
    return sessions;
  }

  @PreDestroy
  void close() {
    sessions.close();
  }
}
