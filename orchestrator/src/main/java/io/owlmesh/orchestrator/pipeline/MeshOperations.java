// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.grpc.Context;
import io.opentelemetry.api.metrics.Meter;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.mesh.Decisions.Decision;
import io.owlmesh.orchestrator.mesh.MeshReplicas;
import io.owlmesh.orchestrator.mesh.Replica;
import io.owlmesh.orchestrator.mesh.ReplicaMetrics;
import io.owlmesh.orchestrator.mesh.ReplicaView;
import io.owlmesh.orchestrator.mesh.StageKind;
import io.owlmesh.orchestrator.store.OperatorStore;
import io.owlmesh.proto.mesh.v1.Condition;
import io.owlmesh.proto.mesh.v1.WatchResponse;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** What operators see of the mesh, and do to it. */
@Singleton
public final class MeshOperations {
  private static final int MAX_WATCHERS = 16;
  private static final long PACE_MILLIS = 200;
  private static final long LONGEST_SILENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(1_800);

  private final Semaphore watchers = new Semaphore(MAX_WATCHERS);
  private final MeshReplicas replicas;
  private final AdmissionControl answers;
  private final ReplicaMetrics metrics;
  private final SharedMarks marks;

  @Inject
  MeshOperations(MeshGateway gateway, AdmissionControl answers, OperatorStore store, Meter meter) {
    this.replicas = gateway.replicas();
    this.answers = answers;
    this.metrics = new ReplicaMetrics(meter, replicas);
    this.marks = new SharedMarks(store, replicas);
  }

  /** How the mesh is now. */
  public WatchResponse state() {
    WatchResponse.Builder state =
        WatchResponse.newBuilder()
            .setWaitingAnswers(answers.waiting())
            .setRunningAnswers(answers.running())
            .setCanaryPercent(replicas.groups().canaryPercent())
            .setCanaryEnded(replicas.groups().canaryEnded());
    replicas.all().forEach(one -> state.addReplicas(ReplicaView.of(one, replicas.groups())));
    return state.build();
  }

  /**
   * Tells how the mesh is, at once and then whenever that changes, and now and then if it does not,
   * until the current gRPC context ends.
   *
   * @param told waits until its listener keeps up; may fail
   * @throws OwlException SATURATED if too many watch
   */
  public void watch(Consumer<WatchResponse> told) {
    if (!watchers.tryAcquire()) {
      throw new OwlException(
          Fault.SATURATED, "", "%d watch already, at most".formatted(MAX_WATCHERS));
    }
    Context life = Context.current();
    Semaphore gone = new Semaphore(0);
    Context.CancellationListener end = _ -> gone.release();
    life.addListener(end, Runnable::run);
    try {
      watch(gone, told);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new OwlException(Fault.CANCELLED, "", "interrupted", e);
    } finally {
      life.removeListener(end);
      watchers.release();
    }
  }

  private void watch(Semaphore gone, Consumer<WatchResponse> told) throws InterruptedException {
    WatchResponse last = WatchResponse.getDefaultInstance();
    long toldAt = System.nanoTime() - LONGEST_SILENCE_NANOS;
    do {
      WatchResponse now = state();
      if (!now.equals(last) || System.nanoTime() - toldAt >= LONGEST_SILENCE_NANOS) {
        told.accept(now);
        last = now;
        toldAt = System.nanoTime();
      }
    } while (!gone.tryAcquire(PACE_MILLIS, TimeUnit.MILLISECONDS));
  }

  /** Replicas that take no work, and why. */
  public List<String> missing() {
    return replicas
        .all()
        .filter(one ->
            ReplicaView.status(one, replicas.groups()).condition() != Condition.CONDITION_SERVING)
        .map(one ->
            "%s %s: %s"
                .formatted(
                    one.stage().label(),
                    one.address(),
                    ReplicaView.status(one, replicas.groups()).reason()))
        .toList();
  }

  /**
   * Sends no more work to a replica, from any orchestrator of the database.
   *
   * @param force whether even to the last one
   * @throws OwlException NOT_FOUND, or CONFLICT for the last one
   */
  public void drain(StageKind stage, String address, boolean force) {
    Replica replica = replica(stage, address);
    if (!force && !replicas.of(stage).isServedWithout(replica)) {
      throw new OwlException(
          Fault.CONFLICT,
          "address",
          "'%s' is the last one of the %s stage that takes work".formatted(address, stage.label()));
    }
    marks.drain(replica, true);
  }

  /**
   * Sends work to a replica again.
   *
   * @throws OwlException NOT_FOUND
   */
  public void resume(StageKind stage, String address) {
    marks.drain(replica(stage, address), false);
  }

  /**
   * Sets the canary's share.
   *
   * @param percent of new work
   * @param ended why it is 0, if the weights were found worse; else empty
   * @throws OwlException BAD_INPUT
   */
  public void setCanary(int percent, String ended) {
    marks.setCanary(percent, ended);
  }

  /** The last choices of replicas of all stages, the newest first. */
  public List<Decision> decisions(int limit) {
    return Arrays.stream(StageKind.values())
        .flatMap(stage -> replicas.of(stage).decisions().newest().stream())
        .sorted(Comparator.comparing(Decision::time).reversed())
        .limit(limit)
        .toList();
  }

  private Replica replica(StageKind stage, String address) {
    return replicas.of(stage).replicas().stream()
        .filter(one -> one.address().equals(address))
        .findFirst()
        .orElseThrow(() ->
            new OwlException(
                Fault.NOT_FOUND,
                "address",
                "'%s', the %s stage has %s"
                    .formatted(
                        address,
                        stage.label(),
                        replicas.of(stage).replicas().stream().map(Replica::address).toList())));
  }

  @PreDestroy
  void close() {
    marks.close();
    metrics.close();
  }
}
