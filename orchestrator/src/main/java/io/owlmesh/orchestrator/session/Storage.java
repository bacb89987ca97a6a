// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.store.DiskImageStore;
import io.owlmesh.orchestrator.store.ImageStore;
import io.owlmesh.orchestrator.store.S3ImageStore;
import io.owlmesh.orchestrator.store.SessionStore;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.URI;

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

  static ImageStore images(SessionConfig config) {
    if (config.images().isEmpty()) {
      return new DiskImageStore(config.data().toAbsolutePath().resolve("images"));
    }
    URI images = config.images().get();
    String path = images.getPath();
    if (!"s3".equals(images.getScheme())
        || images.getAuthority() == null
        || (path != null && path.length() > 1)) {
      throw OwlException.badInput("owl.images", "'%s' is not s3://BUCKET".formatted(images));
    }
    return new S3ImageStore(
        new S3ImageStore.Place(images.getAuthority(), config.s3Region(), config.s3Endpoint()));
  }

  SessionStore sessions() {
    return sessions;
  }

  @PreDestroy
  void close() {
    sessions.close();
  }
}
