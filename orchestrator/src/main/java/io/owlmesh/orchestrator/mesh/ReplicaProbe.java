// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.abstractor.v1.VisualAbstractorGrpc;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.proto.llm.v1.ListModelsRequest;
import io.owlmesh.proto.mesh.v1.ConditionReason;
import io.owlmesh.proto.vision.v1.VisionEncoderGrpc;
import io.owlmesh.wire.Faults;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;

/** Asks one replica again and again what it runs, and keeps its watch going. */
final class ReplicaProbe implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(ReplicaProbe.class);
  private static final long PATIENCE_MILLIS = 2_000;
  private static final int SILENCES_UNTIL_LOST = 2;
  private static final Metadata.Key<byte[]> DETAILS =
      Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

  private final Replica replica;
  private final Duration interval;
  private final BooleanSupplier othersServe;
  private final ReplicaWatch watch;
  private final Thread thread;
  private String lastTold = "";
  private int silences;

  /**
   * @param othersServe whether calls that are lost in this one could go elsewhere
   */
  ReplicaProbe(Replica replica, Duration interval, BooleanSupplier othersServe) {
    this.replica = replica;
    this.interval = interval;
    this.othersServe = othersServe;
    this.watch = new ReplicaWatch(replica);
    this.thread = Thread.ofVirtual().name("probe " + replica.address()).unstarted(this::run);
  }

  void start() {
    watch.open();
    thread.start();
  }

  private void run() {
    try {
      while (true) {
        look();
        tell();
        TimeUnit.MILLISECONDS.sleep(interval.toMillis());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // Closed.
    }
  }

  private void look() {
    try {
      replica.described(describe());
      silences = 0;
      if (replica.report.heardAt().isEmpty()) {
        askHealth();
      }
    } catch (OwlException e) {
      replica.unreachable(
          ConditionReason.CONDITION_REASON_UNUSABLE, String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      failed(e);
    }
  }

  private void failed(RuntimeException e) {
    Status status = Status.fromThrowable(e);
    Metadata trailers = Status.trailersFromThrowable(e);
    if (trailers != null && trailers.containsKey(DETAILS)) {
      replica.loading(String.valueOf(Faults.fromStatus(e).getMessage()));
    } else if (status.getCode() == Status.Code.DEADLINE_EXCEEDED) {
      String why = "it sent no answer for %.1f s".formatted(PATIENCE_MILLIS / 1e3);
      replica.unreachable(ConditionReason.CONDITION_REASON_SILENT, why);
      if (++silences >= SILENCES_UNTIL_LOST && othersServe.getAsBoolean()) {
        replica.lost(why);
      }
    } else {
      replica.unreachable(
          ConditionReason.CONDITION_REASON_NO_ANSWER, "it does not answer: " + status.getCode());
    }
  }

  private void askHealth() {
    try {
      ServingStatus status =
          HealthGrpc.newBlockingStub(replica.untraced())
              .withDeadlineAfter(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)
              .check(HealthCheckRequest.getDefaultInstance())
              .getStatus();
      replica.serving(status == ServingStatus.SERVING);
    } catch (RuntimeException e) {
      replica.serving(true); // Without the protocol; what it runs it told.
    }
  }

  private void tell() {
    Replica.Status status = replica.status();
    String told =
        "The %s stage at %s is %s%s"
            .formatted(
                replica.stage().label(),
                replica.address(),
                status.condition().name().replace("CONDITION_", ""),
                status.reason().isEmpty() ? "" : ": " + status.reason());
    if (!told.equals(lastTold)) {
      lastTold = told;
      LOG.info(told);
    }
  }

  private StageDescription describe() {
    return switch (replica.stage()) {
      case VISION ->
          StageDescription.of(
              VisionEncoderGrpc.newBlockingStub(replica.untraced())
                  .withDeadlineAfter(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)
                  .describe(io.owlmesh.proto.vision.v1.DescribeRequest.getDefaultInstance()));
      case ABSTRACTOR ->
          StageDescription.of(
              VisualAbstractorGrpc.newBlockingStub(replica.untraced())
                  .withDeadlineAfter(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)
                  .describe(io.owlmesh.proto.abstractor.v1.DescribeRequest.getDefaultInstance()));
      case LLM ->
          StageDescription.of(
              LanguageModelGrpc.newBlockingStub(replica.untraced())
                  .withDeadlineAfter(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)
                  .listModels(ListModelsRequest.getDefaultInstance()));
    };
  }

  @Override
  public void close() {
    thread.interrupt();
    watch.close();
  }
}
