// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.grpc.Context;
import io.opentelemetry.api.metrics.Meter;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.mesh.Decisions.Decision;
import io.owlmesh.orchestrator.mesh.Replica;
import io.owlmesh.orchestrator.mesh.ReplicaMetrics;
import io.owlmesh.orchestrator.mesh.ReplicaView;
import io.owlmesh.orchestrator.mesh.StageKind;
import io.owlmesh.orchestrator.mesh.WeightGroups;
import io.owlmesh.orchestrator.mesh.discovery.ModelFolder;
import io.owlmesh.orchestrator.mesh.discovery.ModelPlaces;
import io.owlmesh.orchestrator.store.OperatorStore;
import io.owlmesh.proto.mesh.v1.Condition;
import io.owlmesh.proto.mesh.v1.Model;
import io.owlmesh.proto.mesh.v1.WatchResponse;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.ArrayList;
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
  private final MeshGateway gateway;
  private final AdmissionControl answers;
  private final ReplicaMetrics metrics;
  private final ModelMetrics models;
  private final SharedMarks marks;

  @Inject
  MeshOperations(MeshGateway gateway, AdmissionControl answers, OperatorStore store, Meter meter) {
    this.gateway = gateway;
    this.answers = answers;
    this.metrics = new ReplicaMetrics(meter, gateway.pool());
    this.models = new ModelMetrics(meter, gateway);
    this.marks = new SharedMarks(store, gateway);
  }

  /** How the mesh is now. */
  public WatchResponse state() {
    WatchResponse.Builder state =
        WatchResponse.newBuilder()
            .setWaitingAnswers(answers.waiting())
            .setRunningAnswers(answers.running());
    List<MeshModel> models = gateway.models();
    for (MeshModel model : models) {
      Model seen = ModelView.of(model, gateway.isDefault(model));
      state.addModels(seen);
      if (seen.getDefaultModel()) {
        state.setCanaryPercent(seen.getCanaryPercent()).setCanaryEnded(seen.getCanaryEnded());
      }
    }
    gateway
        .pool()
        .all()
        .forEach(one -> {
          List<MeshModel> users = users(one, models);
          state.addReplicas(
              ReplicaView.of(one, groups(users)).toBuilder()
                  .addAllModels(
                      users.stream()
                          .map(MeshModel::name)
                          .filter(name -> !name.isEmpty())
                          .toList()));
        });
    return state.build();
  }

  /** Models that a replica works for. */
  private static List<MeshModel> users(Replica replica, List<MeshModel> models) {
    return models.stream()
        .filter(model -> model.replicas().of(replica.stage()).replicas().contains(replica))
        .toList();
  }

  private static List<WeightGroups> groups(List<MeshModel> models) {
    return models.stream().map(model -> model.replicas().groups()).toList();
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
    List<MeshModel> models = gateway.models();
    List<String> missing = new ArrayList<>();
    gateway
        .pool()
        .all()
        .forEach(one -> {
          Replica.Status status = ReplicaView.status(one, groups(users(one, models)));
          if (status.condition() != Condition.CONDITION_SERVING) {
            missing.add("%s %s: %s".formatted(one.stage().label(), one.address(), status.reason()));
          }
        });
    return missing;
  }

  /**
   * Sends no more work to a replica, from any orchestrator of the database.
   *
   * @param force whether even to the last one
   * @throws OwlException NOT_FOUND, or CONFLICT for the last one
   */
  public void drain(StageKind stage, String address, boolean force) {
    Replica replica = replica(stage, address);
    List<String> without =
        users(replica, gateway.models()).stream()
            .filter(model -> !model.replicas().of(stage).isServedWithout(replica))
            .map(MeshModel::name)
            .toList();
    if (!force && !without.isEmpty()) {
      throw new OwlException(
          Fault.CONFLICT,
          "address",
          "'%s' is the last one of the %s stage that takes work%s"
              .formatted(
                  address,
                  stage.label(),
                  gateway.models().size() == 1 ? "" : " of " + String.join(", ", without)));
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
   * Sets the share of a model's canary.
   *
   * @param model whose; empty for the one of requests that name none
   * @param percent of new work
   * @param ended why it is 0, if the weights were found worse; else empty
   * @throws OwlException BAD_INPUT; MODEL_NOT_FOUND
   */
  public void setCanary(String model, int percent, String ended) {
    marks.setCanary(gateway.model("model", model), percent, ended);
  }

  /**
   * Adds a model; it serves once its stages answer.
   *
   * @throws OwlException BAD_INPUT naming the field; CONFLICT if it is there, or no folder for it
   */
  public void addModel(ModelPlaces model) {
    ModelPlaces.requireName("name", model.name());
    if (gateway.models().size() >= ModelFolder.MAX_MODELS) {
      throw new OwlException(
          Fault.SATURATED,
          "name",
          "there are %d models, at most".formatted(ModelFolder.MAX_MODELS));
    }
    if (gateway.models().stream().anyMatch(known -> known.name().equals(model.name()))) {
      throw new OwlException(Fault.CONFLICT, "name", "'" + model.name() + "' is there already");
    }
    gateway.folder().add(model);
  }

  /**
   * Removes a model; answers in work end.
   *
   * @throws OwlException NOT_FOUND if its folder has no such file; CONFLICT if there is no folder
   */
  public void removeModel(String name) {
    gateway.folder().remove(name);
  }

  /** The last choices of replicas of all stages, the newest first. */
  public List<Decision> decisions(int limit) {
    return gateway.models().stream()
        .flatMap(model ->
            Arrays.stream(StageKind.values())
                .flatMap(stage -> model.replicas().of(stage).decisions().newest().stream()))
        .sorted(Comparator.comparing(Decision::time).reversed())
        .limit(limit)
        .toList();
  }

  private Replica replica(StageKind stage, String address) {
    List<Replica> all = gateway.pool().all().filter(one -> one.stage() == stage).toList();
    return all.stream()
        .filter(one -> one.address().equals(address))
        .findFirst()
        .orElseThrow(() ->
            new OwlException(
                Fault.NOT_FOUND,
                "address",
                "'%s', the %s stage has %s"
                    .formatted(
                        address, stage.label(), all.stream().map(Replica::address).toList())));
  }

  @PreDestroy
  void close() {
    marks.close();
    metrics.close();
    models.close();
  }
}
