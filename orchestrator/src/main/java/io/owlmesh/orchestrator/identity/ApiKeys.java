// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.identity;

import io.owlmesh.core.OwlException;
import io.owlmesh.core.identity.ApiKey;
import io.owlmesh.core.identity.ApiKey.Secret;
import io.owlmesh.core.identity.CallerLimits;
import io.owlmesh.core.identity.KeyFile;
import io.owlmesh.core.identity.Role;
import io.owlmesh.wire.identity.Caller;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** The API keys of a file, read again when it changes. */
final class ApiKeys implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(ApiKeys.class);

  /** Whoever names a key that is none is compared, too, so that both take the same time. */
  private static final ApiKey NOBODY =
      ApiKey.of(Secret.random(), Role.USER, "none", Instant.EPOCH, Optional.of(Instant.EPOCH), "");

  private final KeyFile file;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("api-keys").daemon(true).factory());
  private volatile Map<String, ApiKey> keys = Map.of();
  private volatile Map<String, CallerLimits> limits = Map.of();
  private volatile boolean seen;
  private String failed = "";

  /**
   * Reads the file, if there is one.
   *
   * @throws OwlException BAD_INPUT if it is malformed or cannot be read
   */
  ApiKeys(Path path, Duration every) {
    file = new KeyFile(path);
    try {
      read();
    } catch (IOException e) {
      throw OwlException.badInput("owl.keys", path + " cannot be read: " + e.getMessage());
    }
    clock.scheduleWithFixedDelay(
        this::look, every.toMillis(), every.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void read() throws IOException {
    Optional<KeyFile.Contents> now = file.read();
    Map<String, ApiKey> byId = new HashMap<>();
    now.ifPresent(all -> all.keys().forEach(key -> byId.put(key.id(), key)));
    // Keys first: a door that is closed before it knows them would refuse their bearers.
    keys = byId;
    limits = now.map(KeyFile.Contents::limits).orElse(Map.of());
    seen |= now.isPresent();
  }

  /** A file that cannot be read keeps the doors as they were; without one, nobody comes in. */
  private void look() {
    try {
      read();
      failed = "";
    } catch (IOException | RuntimeException e) {
      if (!failed.equals(e.toString())) {
        failed = e.toString();
        LOG.warnf("The API keys stay as they were: %s", failed);
      }
    }
  }

  /** Limits that differ from those of the settings. */
  Map<String, CallerLimits> limits() {
    return limits;
  }

  /** Whether there is, or was, a file. */
  boolean areUsed() {
    return seen;
  }

  /** Whose key a credential is; empty if it is wrong, revoked or expired. */
  Optional<Caller> caller(Secret given) {
    ApiKey key = keys.getOrDefault(given.id(), NOBODY);
    // Compared before anything else, so that all take the same time.
    boolean right = key.matches(given);
    return right && !key.isExpired(Instant.now())
        ? Optional.of(new Caller("key:" + key.id(), key.tenant(), Set.of(key.role())))
        : Optional.empty();
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
