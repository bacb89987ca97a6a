// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import io.owlmesh.orchestrator.mesh.MeshInfo.WeightDigests;
import io.owlmesh.proto.mesh.v1.Condition;
import io.owlmesh.proto.mesh.v1.ConditionReason;
import io.owlmesh.proto.mesh.v1.Stage;
import java.util.List;
import java.util.Optional;

/** Replicas as operators see them. */
public final class ReplicaView {
  private ReplicaView() {}

  /**
   * Tells how a replica is.
   *
   * @param models those that have it
   */
  public static io.owlmesh.proto.mesh.v1.Replica of(Replica replica, List<WeightGroups> models) {
    Replica.Status status = status(replica, models);
    CallCounts counts = replica.counts;
    var told =
        io.owlmesh.proto.mesh.v1.Replica.newBuilder()
            .setStage(stage(replica.stage()))
            .setAddress(replica.address())
            .setCondition(status.condition())
            .setReasonCode(status.code())
            .setReason(status.reason())
            .setOutstanding(replica.outstanding())
            .setCalls(counts.calls())
            .setFailures(counts.failures())
            .setEjections(counts.ejections())
            .setMoved(counts.moves())
            .setChains(replica.report.chains())
            .setImages(replica.report.images())
            .setPrefixHitPercent(counts.hitPercent())
            .setWarmPercent((int) (100 * replica.warmth()))
            .setCanary(models.stream().anyMatch(groups -> isCanary(replica, groups)));
    replica
        .description()
        .ifPresent(one ->
            told.setDigest(one.digest()).setDevice(one.device()).setDataType(one.dataType()));
    replica.report.load(System.nanoTime()).ifPresent(told::setLoad);
    return told.build();
  }

  /** How it is, its weights among it: right for one of the models is right. */
  public static Replica.Status status(Replica replica, List<WeightGroups> models) {
    Replica.Status status = replica.status();
    for (WeightGroups groups : models) {
      status = status(replica, groups);
      if (status.condition() != Condition.CONDITION_OTHER_WEIGHTS) {
        return status;
      }
    }
    return status;
  }

  private static Replica.Status status(Replica replica, WeightGroups groups) {
    Replica.Status status = replica.status();
    Optional<WeightDigests> usual = groups.known();
    Optional<StageDescription> own = replica.description();
    if (status.condition() != Condition.CONDITION_SERVING
        || usual.isEmpty()
        || own.isEmpty()
        || own.get().fits(usual.get())
        || (isCanary(replica, groups) && groups.canaryPercent() > 0)) {
      return status;
    }
    return new Replica.Status(
        Condition.CONDITION_OTHER_WEIGHTS,
        ConditionReason.CONDITION_REASON_OTHER_WEIGHTS,
        own.get().misfit(usual.get()));
  }

  private static boolean isCanary(Replica replica, WeightGroups groups) {
    Optional<WeightDigests> canary = groups.canary();
    Optional<WeightDigests> usual = groups.known();
    return canary.isPresent()
        && replica.isThere(canary.get())
        && !(usual.isPresent() && replica.isThere(usual.get()));
  }

  private static Stage stage(StageKind kind) {
    return switch (kind) {
      case VISION -> Stage.STAGE_VISION;
      case ABSTRACTOR -> Stage.STAGE_ABSTRACTOR;
      case LLM -> Stage.STAGE_LLM;
    };
  }
}
