// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.wire.HealthService;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An engine whose weights are loaded while its server already listens: health says when it is
 * there, and calls before that are refused.
 *
 * @param <T> the engine
 */
public final class Loading<T extends AutoCloseable> {
  private final String service;
  private final HealthStatusManager health;
  private final Thread thread;
  private volatile @Nullable T loaded;
  private volatile boolean closing;

  /**
   * Starts loading.
   *
   * @param service full name of the gRPC service
   * @param load makes the engine; on a thread of its own
   * @param failed told if it cannot be made
   */
  public Loading(String service, Supplier<T> load, Consumer<Throwable> failed) {
    this.service = service;
    this.health = HealthService.starting(service);
    this.thread = Thread.ofPlatform().name("load").daemon(true).unstarted(() -> run(load, failed));
    thread.start();
  }

  private void run(Supplier<T> load, Consumer<Throwable> failed) {
    try {
      loaded = load.get();
      HealthService.tell(health, service, ServingStatus.SERVING);
    } catch (Throwable e) {
      // Also an OutOfMemoryError: a service that never gets ready must say so and end.
      failed.accept(e);
    }
  }

  /**
   * The engine.
   *
   * @throws OwlException UNAVAILABLE while it is loading
   */
  public T get() {
    T engine = loaded;
    if (engine == null) {
      throw new OwlException(Fault.UNAVAILABLE, "", "the weights are still loading");
    }
    return engine;
  }

  /** Whether the engine can be asked: it is loaded, and the service does not stop. */
  public boolean ready() {
    return loaded != null && !closing;
  }

  public HealthStatusManager health() {
    return health;
  }

  /** Says that the service stops, then closes the engine. */
  public void close() {
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
