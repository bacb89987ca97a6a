// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import io.grpc.MethodDescriptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.stage.v1.AdapterVersions;
import io.owlmesh.proto.stage.v1.Load;
import io.owlmesh.proto.stage.v1.ReplicaState;
import io.owlmesh.wire.HealthService;
import io.owlmesh.wire.RunningCalls;
import io.owlmesh.wire.Wire;
import io.quarkus.runtime.Quarkus;
import jakarta.annotation.PreDestroy;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The engine of a stage from its start to its end. Its weights are loaded while the server already
 * listens: health says when it is there, and calls before that are refused. A stage that cannot
 * load them ends the process.
 *
 * @param <T> the engine
 */
public abstract class EngineStage<T extends StageEngine> {
  private static final Logger LOG = Logger.getLogger(EngineStage.class);

  private final String name;
  private final String service;
  private final HealthStatusManager health;
  private final RunningCalls calls;
  private final HeldNames held = new HeldNames();
  private final StageWatch watch = new StageWatch(this::state, this::load, this::adapters, held);
  private volatile IntConsumer batchListener = _ -> {};
  private volatile @Nullable T loaded;
  private volatile boolean draining;

  /**
   * Starts loading.
   *
   * @param name what the service is called in the log, for example {@code vision}
   * @param service full name of the gRPC service
   * @param calls of the process
   * @param load makes the engine, which tells there what it holds; on a thread of its own
   */
  protected EngineStage(
      String name, String service, RunningCalls calls, Function<HeldNames, T> load) {
    this.name = name;
    this.service = service;
    this.calls = calls;
    this.health = HealthService.starting(service);
    Thread.ofPlatform().name("load").daemon(true).start(() -> run(load));
  }

  private void run(Function<HeldNames, T> load) {
    try {
      T engine = load.apply(held);
      engine.onBatch(items -> batchListener.accept(items));
      loaded = engine;
      serve();
    } catch (Throwable e) {
      // Also an OutOfMemoryError: a service that never gets ready must say so and end.
      LOG.fatal("The " + name + " service cannot start: " + e.getMessage(), e);
      Quarkus.asyncExit(1);
    }
  }

  private synchronized void serve() {
    if (!draining) {
      HealthService.tell(health, service, ServingStatus.SERVING);
      watch.stateChanged();
    }
  }

  private ReplicaState state() {
    if (draining) {
      return ReplicaState.REPLICA_STATE_DRAINING;
    }
    return loaded == null ? ReplicaState.REPLICA_STATE_LOADING : ReplicaState.REPLICA_STATE_SERVING;
  }

  /** What the stage is called in the mesh, such as {@code vision}: a part of its service's name. */
  final String label() {
    return service.split("\\.", 3)[1];
  }

  /** The engine, once it is there. */
  final Optional<StageEngine> loaded() {
    return Optional.ofNullable(loaded);
  }

  /**
   * Has the sizes of batches told, those of an engine that is still loading, too.
   *
   * @param listener in place of the one before; on the engine's thread, and must not fail
   */
  final void onBatch(IntConsumer listener) {
    batchListener = listener;
  }

  private Load load() {
    T engine = loaded;
    return engine == null ? Load.getDefaultInstance() : engine.load();
  }

  private Optional<AdapterVersions> adapters() {
    T engine = loaded;
    return engine == null ? Optional.empty() : engine.adapterVersions();
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

  /** Whether the engine takes work: it is loaded, and the service does not stop. */
  public final boolean ready() {
    return loaded != null && !draining;
  }

  public final HealthStatusManager health() {
    return health;
  }

  /** Tells watchers how this replica is. */
  public final StageWatch watch() {
    return watch;
  }

  /**
   * A service of this stage: calls that are work are waited for when it drains, and tell the load
   * when they end.
   *
   * @param work methods whose calls are that; the others are answered to the end
   */
  public final ServerServiceDefinition bind(
      ServerServiceDefinition definition, MethodDescriptor<?, ?>... work) {
    Set<String> methods =
        Arrays.stream(work).map(MethodDescriptor::getFullMethodName).collect(Collectors.toSet());
    return ServerInterceptors.intercept(
        Wire.bind(definition, calls, methods), new LoadTrailers(this::load, methods));
  }

  /** What calls of this stage belong to while they run. */
  public final RunningCalls calls() {
    return calls;
  }

  /** Says that the replica takes no more work. */
  public final synchronized void drain() {
    if (!draining) {
      draining = true;
      watch.stateChanged();
      health.enterTerminalState();
    }
  }

  /** Says that the service stops, then closes the engine. */
  @PreDestroy
  public final void close() {
    drain();
    watch.close();
    T engine = loaded;
    if (engine != null) {
      engine.close();
    }
  }
}
