// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage.inference;

import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.StreamObserver;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.inference.GRPCInferenceServiceGrpc;
import io.owlmesh.proto.inference.ModelInferRequest;
import io.owlmesh.proto.inference.ModelInferResponse;
import io.owlmesh.proto.inference.ModelMetadataRequest;
import io.owlmesh.proto.inference.ModelMetadataResponse;
import io.owlmesh.proto.inference.ModelReadyRequest;
import io.owlmesh.proto.inference.ModelReadyResponse;
import io.owlmesh.proto.inference.ModelStatisticsRequest;
import io.owlmesh.proto.inference.ModelStatisticsResponse;
import io.owlmesh.proto.inference.ServerLiveRequest;
import io.owlmesh.proto.inference.ServerLiveResponse;
import io.owlmesh.proto.inference.ServerMetadataRequest;
import io.owlmesh.proto.inference.ServerMetadataResponse;
import io.owlmesh.proto.inference.ServerReadyRequest;
import io.owlmesh.proto.inference.ServerReadyResponse;
import io.owlmesh.wire.Responses;
import io.owlmesh.wire.RunningCalls;
import io.owlmesh.wire.Wire;
import java.util.List;
import java.util.Set;

/** The Open Inference Protocol over the models of one process. */
public abstract class InferenceService
    implements GRPCInferenceServiceGrpc.AsyncService, BindableService {
  private static final String STATISTICS = "statistics";

  private final String server;
  private final String version;
  private final RunningCalls calls;
  private final List<OpenModel> models;

  /**
   * @param server name of the server
   * @param version of the build
   * @param calls of the process
   */
  protected InferenceService(
      String server, String version, RunningCalls calls, List<ServedModel> models) {
    this.server = server;
    this.version = version;
    this.calls = calls;
    this.models = models.stream().map(OpenModel::new).toList();
  }

  @Override
  public ServerServiceDefinition bindService() {
    return Wire.bind(
        GRPCInferenceServiceGrpc.bindService(this),
        calls,
        Set.of(GRPCInferenceServiceGrpc.getModelInferMethod().getFullMethodName()));
  }

  @Override
  public void serverLive(ServerLiveRequest request, StreamObserver<ServerLiveResponse> response) {
    Responses.unary(response, () -> ServerLiveResponse.newBuilder().setLive(true).build());
  }

  @Override
  public void serverReady(
      ServerReadyRequest request, StreamObserver<ServerReadyResponse> response) {
    Responses.unary(
        response,
        () ->
            ServerReadyResponse.newBuilder()
                .setReady(models.stream().allMatch(OpenModel::ready))
                .build());
  }

  @Override
  public void modelReady(ModelReadyRequest request, StreamObserver<ModelReadyResponse> response) {
    Responses.unary(
        response,
        () -> {
          OpenModel model = model(request.getName(), "name");
          boolean ready = model.ready();
          if (ready) {
            model.loaded(request.getVersion(), "version");
          }
          return ModelReadyResponse.newBuilder().setReady(ready).build();
        });
  }

  @Override
  public void serverMetadata(
      ServerMetadataRequest request, StreamObserver<ServerMetadataResponse> response) {
    Responses.unary(
        response,
        () ->
            ServerMetadataResponse.newBuilder()
                .setName(server)
                .setVersion(version)
                .addExtensions(STATISTICS)
                .build());
  }

  @Override
  public void modelMetadata(
      ModelMetadataRequest request, StreamObserver<ModelMetadataResponse> response) {
    Responses.unary(
        response,
        () -> {
          OpenModel model = model(request.getName(), "name");
          return model.metadata(model.loaded(request.getVersion(), "version"));
        });
  }

  @Override
  public void modelStatistics(
      ModelStatisticsRequest request, StreamObserver<ModelStatisticsResponse> response) {
    Responses.unary(response, () -> statistics(request));
  }

  private ModelStatisticsResponse statistics(ModelStatisticsRequest request) {
    List<OpenModel> asked =
        request.getName().isEmpty() ? models : List.of(model(request.getName(), "name"));
    ModelStatisticsResponse.Builder statistics = ModelStatisticsResponse.newBuilder();
    for (OpenModel model : asked) {
      statistics.addModelStats(model.statistics(model.loaded(request.getVersion(), "version")));
    }
    return statistics.build();
  }

  @Override
  public void modelInfer(ModelInferRequest request, StreamObserver<ModelInferResponse> response) {
    OpenModel model;
    try {
      model = model(request.getModelName(), "model_name");
    } catch (OwlException e) {
      Responses.unary(
          response,
          () -> {
            throw e;
          });
      return;
    }
    InferCall.answer(model, request, response);
  }

  private OpenModel model(String name, String field) {
    return models.stream()
        .filter(model -> model.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new OwlException(
                Fault.NOT_FOUND,
                field,
                "'%s'; the models here are %s"
                    .formatted(name, models.stream().map(OpenModel::name).toList())));
  }
}
