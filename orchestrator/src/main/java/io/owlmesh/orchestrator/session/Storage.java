// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.pipeline.Dependency;
import io.owlmesh.orchestrator.store.ArchiveFolder;
import io.owlmesh.orchestrator.store.AuditStore;
import io.owlmesh.orchestrator.store.Backup;
import io.owlmesh.orchestrator.store.DiskImageStore;
import io.owlmesh.orchestrator.store.ImageStore;
import io.owlmesh.orchestrator.store.OperatorStore;
import io.owlmesh.orchestrator.store.PrivateFiles;
import io.owlmesh.orchestrator.store.S3ImageStore;
import io.owlmesh.orchestrator.store.SessionStore;
import io.owlmesh.orchestrator.store.UsageStore;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** What keeps conversations, as configured. */
@Singleton
final class Storage implements Dependency {
  // What a few messages, a look at the database and its log need.
  private static final long LEAST_BYTES = 32 << 20;

  private static final long LEFT_BY_ARCHIVES = 256 << 20;

  private final SessionStore sessions;
  private final Optional<Path> folder;
  private final ArchiveFolder archives;

  @Inject
  Storage(SessionConfig config) {
    boolean onDisk = config.database().isEmpty() || config.images().isEmpty();
    this.folder = onDisk ? Optional.of(folder(config)) : Optional.empty();
    this.archives =
        new ArchiveFolder(
            config.data().toAbsolutePath().resolve("archives"),
            config.maxArchiveBytes(),
            LEFT_BY_ARCHIVES);
    String url =
        config
            .database()
            .orElseGet(() -> "jdbc:h2:file:" + config.data().toAbsolutePath().resolve("sessions"));
    this.sessions =
        SessionStore.open(url, config.databaseUser(), config.databasePassword(), images(config));
  }

  private static Path folder(SessionConfig config) {
    try {
      return PrivateFiles.folder(config.data().toAbsolutePath());
    } catch (IOException e) {
      throw new OwlException(
          Fault.UNAVAILABLE, "owl.data", "'%s' cannot be used".formatted(config.data()), e);
    }
  }

  @Override
  public void check() {
    sessions.check();
    if (folder.isPresent() && usableBytes(folder.get()) < LEAST_BYTES) {
      throw new OwlException(
          Fault.UNAVAILABLE,
          "",
          "the disk of the data folder has less than %d bytes left".formatted(LEAST_BYTES));
    }
  }

  private static long usableBytes(Path folder) {
    try {
      return Files.getFileStore(folder).getUsableSpace();
    } catch (IOException e) {
      throw new OwlException(Fault.UNAVAILABLE, "", "the data folder cannot be used now", e);
    }
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

  /** Copies of all that is kept. */
  @Produces
  @Singleton
  Backup backup() {
    return sessions.backup();
  }

  /** Where such copies wait until they are whole. */
  @Produces
  @Singleton
  ArchiveFolder archives() {
    return archives;
  }

  /** What operators set. */
  @Produces
  @Singleton
  OperatorStore operators() {
    return sessions.operators();
  }

  /** What was done. */
  @Produces
  @Singleton
  AuditStore audit() {
    return sessions.audit();
  }

  /** What was asked for in a minute. */
  @Produces
  @Singleton
  UsageStore usage() {
    return sessions.usage();
  }

  @PreDestroy
  void close() {
    sessions.close();
  }
}
