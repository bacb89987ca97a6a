// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.grpc;

import com.google.protobuf.Timestamp;
import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.mesh.Decisions;
import io.owlmesh.orchestrator.mesh.StageKind;
import io.owlmesh.orchestrator.mesh.discovery.ModelPlaces;
import io.owlmesh.orchestrator.pipeline.AdmissionControl;
import io.owlmesh.orchestrator.pipeline.MeshOperations;
import io.owlmesh.orchestrator.store.ArchiveFolder;
import io.owlmesh.orchestrator.store.Backup;
import io.owlmesh.proto.mesh.v1.AddModelRequest;
import io.owlmesh.proto.mesh.v1.AddModelResponse;
import io.owlmesh.proto.mesh.v1.BackupRequest;
import io.owlmesh.proto.mesh.v1.BackupResponse;
import io.owlmesh.proto.mesh.v1.Considered;
import io.owlmesh.proto.mesh.v1.Decision;
import io.owlmesh.proto.mesh.v1.DrainRequest;
import io.owlmesh.proto.mesh.v1.DrainResponse;
import io.owlmesh.proto.mesh.v1.ListDecisionsRequest;
import io.owlmesh.proto.mesh.v1.ListDecisionsResponse;
import io.owlmesh.proto.mesh.v1.MeshGrpc;
import io.owlmesh.proto.mesh.v1.RemoveModelRequest;
import io.owlmesh.proto.mesh.v1.RemoveModelResponse;
import io.owlmesh.proto.mesh.v1.RestoreRequest;
import io.owlmesh.proto.mesh.v1.RestoreResponse;
import io.owlmesh.proto.mesh.v1.ResumeRequest;
import io.owlmesh.proto.mesh.v1.ResumeResponse;
import io.owlmesh.proto.mesh.v1.SetCanaryRequest;
import io.owlmesh.proto.mesh.v1.SetCanaryResponse;
import io.owlmesh.proto.mesh.v1.Stage;
import io.owlmesh.proto.mesh.v1.WatchRequest;
import io.owlmesh.proto.mesh.v1.WatchResponse;
import io.owlmesh.wire.Responses;
import io.owlmesh.wire.Wire;
import io.quarkus.grpc.GrpcService;
import jakarta.inject.Inject;
import java.time.Instant;

/** The mesh for its operators. */
@GrpcService
public class MeshGrpcService implements MeshGrpc.AsyncService, BindableService {
  private static final int USUAL_DECISIONS = 32;

  private final MeshOperations mesh;
  private final AdmissionControl answers;
  private final BackupStreams backup;

  @Inject
  MeshGrpcService(
      MeshOperations mesh, AdmissionControl answers, Backup backup, ArchiveFolder archives) {
    this.mesh = mesh;
    this.answers = answers;
    this.backup = new BackupStreams(backup, archives, answers::execute);
  }

  @Override
  public ServerServiceDefinition bindService() {
    return Wire.bind(MeshGrpc.bindService(this));
  }

  @Override
  public void watch(WatchRequest request, StreamObserver<WatchResponse> responses) {
    var call = (ServerCallStreamObserver<WatchResponse>) responses;
    OutboundStream<WatchResponse> out = new OutboundStream<>(call);
    call.setOnCancelHandler(() -> {});
    answers.execute(
        Context.current()
            .wrap(() -> {
              try {
                mesh.watch(out::sendWhenReady);
              } catch (RuntimeException e) {
                out.fail(e);
              }
            }));
  }

  @Override
  public void drain(DrainRequest request, StreamObserver<DrainResponse> response) {
    Responses.unary(
        response,
        () -> {
          mesh.drain(stage(request.getStage()), request.getAddress(), request.getForce());
          return DrainResponse.getDefaultInstance();
        });
  }

  @Override
  public void resume(ResumeRequest request, StreamObserver<ResumeResponse> response) {
    Responses.unary(
        response,
        () -> {
          mesh.resume(stage(request.getStage()), request.getAddress());
          return ResumeResponse.getDefaultInstance();
        });
  }

  @Override
  public void setCanary(SetCanaryRequest request, StreamObserver<SetCanaryResponse> response) {
    Responses.unary(
        response,
        () -> {
          mesh.setCanary(request.getModel(), request.getPercent(), request.getEnded());
          return SetCanaryResponse.getDefaultInstance();
        });
  }

  @Override
  public void addModel(AddModelRequest request, StreamObserver<AddModelResponse> response) {
    Responses.unary(
        response,
        () -> {
          mesh.addModel(
              new ModelPlaces(
                  request.getName(),
                  request.getVision(),
                  request.getAbstractor(),
                  request.getLlm(),
                  request.getDefaultAdapter()));
          return AddModelResponse.getDefaultInstance();
        });
  }

  @Override
  public void removeModel(
      RemoveModelRequest request, StreamObserver<RemoveModelResponse> response) {
    Responses.unary(
        response,
        () -> {
          mesh.removeModel(request.getName());
          return RemoveModelResponse.getDefaultInstance();
        });
  }

  @Override
  public void listDecisions(
      ListDecisionsRequest request, StreamObserver<ListDecisionsResponse> response) {
    Responses.unary(
        response,
        () -> {
          int limit = request.hasLimit() ? request.getLimit() : USUAL_DECISIONS;
          if (limit < 1 || limit > Decisions.KEPT) {
            throw OwlException.badInput(
                "limit", "%d, it must be from 1 to %d".formatted(limit, Decisions.KEPT));
          }
          ListDecisionsResponse.Builder all = ListDecisionsResponse.newBuilder();
          mesh.decisions(limit).forEach(one -> all.addDecisions(message(one)));
          return all.build();
        });
  }

  @Override
  public void backup(BackupRequest request, StreamObserver<BackupResponse> responses) {
    backup.write(responses);
  }

  @Override
  public StreamObserver<RestoreRequest> restore(StreamObserver<RestoreResponse> response) {
    return backup.read(response);
  }

  private static Decision message(Decisions.Decision one) {
    Instant time = one.time();
    Decision.Builder decision =
        Decision.newBuilder()
            .setStage(
                switch (one.stage()) {
                  case VISION -> Stage.STAGE_VISION;
                  case ABSTRACTOR -> Stage.STAGE_ABSTRACTOR;
                  case LLM -> Stage.STAGE_LLM;
                })
            .setTime(
                Timestamp.newBuilder().setSeconds(time.getEpochSecond()).setNanos(time.getNano()))
            .setTraceId(one.traceId())
            .setReplica(one.replica())
            .setReason(one.reason())
            .setPositions(one.positions());
    one.considered()
        .forEach((address, why) ->
            decision.addConsidered(Considered.newBuilder().setAddress(address).setWhy(why)));
    return decision.build();
  }

  private static StageKind stage(Stage stage) {
    return switch (stage) {
      case STAGE_VISION -> StageKind.VISION;
      case STAGE_ABSTRACTOR -> StageKind.ABSTRACTOR;
      case STAGE_LLM -> StageKind.LLM;
      case STAGE_UNSPECIFIED, UNRECOGNIZED ->
          throw OwlException.badInput("stage", "must be vision, abstractor or llm");
    };
  }
}
