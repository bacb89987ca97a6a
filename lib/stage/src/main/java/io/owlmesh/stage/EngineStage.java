// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.wire.HealthService;
import io.quarkus.runtime.Quarkus;
import jakarta.annotation.PreDestroy;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The engine of a stage from its start to its end. Its weights are loaded while the server already
 * listens: health says when it is there, and calls before that are refused. A stage that cannot
 * load them ends the process.
 *
 * @param <T> the engine
 */
public abstract class EngineStage<T extends AutoCloseable> {
  private static final Logger LOG = Logger.getLogger(EngineStage.class);

  private final String name;
  private final String service;
  private final HealthStatusManager health;
  private volatile @Nullable T loaded;
  private volatile boolean closing;

  /**
   * Starts loading.
   *
   * @param name what the service is called in the log, for example {@code vision}
   * @param service full name of the gRPC service
   * @param load makes the engine; on a thread of its own
   */
  protected EngineStage(String name, String service, Supplier<T> load) {
    this.name = name;
    this.service = service;
    this.health = HealthService.starting(service);
    Thread.ofPlatform().name("load").daemon(true).start(() -> run(load));
  }

  private void run(Supplier<T> load) {
    try {
      loaded = load.get();
      HealthService.tell(health, service, ServingStatus.SERVING);
    } catch (Throwable e) {
      // Also an OutOfMemoryError: a service that never gets ready must say so and end.
      LOG.fatal("The " + name + " service cannot start: " + e.getMessage(), e);
      Quarkus.asyncExit(1);
    }
  }

  /**
   * The engine.
   *
   * @throws OwlException UNAVAILABLE while it is loading
   */
  public final T engine() {
    T engine = loaded;
    if (engine == null) {
      throw new OwlException(Fault.UNAVAILABLE, "", "the weights are still loading");
    }
    return engine;
  }

  /** Whether the engine can be asked: it is loaded, and the service does not stop. */
  public final boolean ready() {
    return loaded != null && !closing;
  }

  public final HealthStatusManager health() {
    return health;
  }

  /** Says that the service stops, then closes the engine. */
  @PreDestroy
  public final void close() {
    closing = true;
    health.enterTerminalState();
    T engine = loaded;
    if (engine != null) {
      try {
        engine.close();
      } catch (Exception e) {
        throw new IllegalStateException("closing " + service, e);
      }
    }
  }
}
