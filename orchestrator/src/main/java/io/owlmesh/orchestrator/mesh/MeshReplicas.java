// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import io.owlmesh.orchestrator.mesh.discovery.ReplicaAddresses;
import io.owlmesh.orchestrator.mesh.placement.BestOfTwo;
import io.owlmesh.orchestrator.mesh.placement.Placement;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/** The replicas of all stages of one model, and which of them go together. */
public final class MeshReplicas implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(MeshReplicas.class);

  private final Map<StageKind, ReplicaSet> stages = new EnumMap<>(StageKind.class);
  private final WeightGroups groups;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("outliers").daemon(true).factory());

  /**
   * @param model its name; empty for the only one, which is called what its stages say
   * @param addresses of each stage
   * @param pool where other models find the same replicas
   */
  public MeshReplicas(String model, Map<StageKind, ReplicaAddresses> addresses, ReplicaPool pool) {
    addresses.forEach((stage, source) -> {
      Placement placement =
          stage == StageKind.LLM ? Placement.named(pool.settings().placement()) : new BestOfTwo();
      stages.put(stage, new ReplicaSet(stage, model, source, placement, pool));
    });
    groups = new WeightGroups(stages, model);
  }

  /** Begins to look after them. */
  public void start() {
    stages.values().forEach(ReplicaSet::start);
    clock.scheduleWithFixedDelay(this::ejectOutliers, 1, 1, TimeUnit.SECONDS);
  }

  private void ejectOutliers() {
    try {
      stages.values().forEach(OutlierEjection::look);
    } catch (RuntimeException e) {
      LOG.error("Looking for outliers failed", e); // An exception would end the schedule.
    }
  }

  /** The replicas of one stage. */
  public ReplicaSet of(StageKind stage) {
    return Objects.requireNonNull(stages.get(stage));
  }

  /** Those of all stages, by stage and address. */
  public Stream<Replica> all() {
    return Arrays.stream(StageKind.values()).flatMap(stage -> of(stage).replicas().stream());
  }

  public WeightGroups groups() {
    return groups;
  }

  @Override
  public void close() {
    clock.shutdownNow();
    stages.values().forEach(ReplicaSet::close);
  }
}
