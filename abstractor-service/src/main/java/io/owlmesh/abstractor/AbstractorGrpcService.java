// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.abstractor;

import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.owlmesh.abstractor.AbstractorEngine.Item;
import io.owlmesh.core.HostTensor;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.proto.abstractor.v1.DescribeRequest;
import io.owlmesh.proto.abstractor.v1.DescribeResponse;
import io.owlmesh.proto.abstractor.v1.ResampleRequest;
import io.owlmesh.proto.abstractor.v1.ResampleResponse;
import io.owlmesh.proto.abstractor.v1.VisualAbstractorGrpc;
import io.owlmesh.proto.stage.v1.WatchRequest;
import io.owlmesh.proto.stage.v1.WatchResponse;
import io.owlmesh.proto.tensor.v1.ItemError;
import io.owlmesh.proto.tensor.v1.Lineage;
import io.owlmesh.proto.tensor.v1.StageTimings;
import io.owlmesh.proto.tensor.v1.Tensor;
import io.owlmesh.stage.DynamicBatcher;
import io.owlmesh.stage.ItemStream;
import io.owlmesh.stage.LineageCheck;
import io.owlmesh.wire.Deadlines;
import io.owlmesh.wire.Responses;
import io.owlmesh.wire.TensorCodec;
import io.quarkus.grpc.GrpcService;
import jakarta.inject.Inject;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The wire of the abstractor stage. */
@GrpcService
public class AbstractorGrpcService implements VisualAbstractorGrpc.AsyncService, BindableService {
  private final AbstractorStage stage;
  private final AbstractorConfig settings;
  private final Tracer tracer;

  @Inject
  AbstractorGrpcService(AbstractorStage stage, AbstractorConfig settings, Tracer tracer) {
    this.stage = stage;
    this.settings = settings;
    this.tracer = tracer;
  }

  @Override
  public ServerServiceDefinition bindService() {
    return stage.bind(
        VisualAbstractorGrpc.bindService(this), VisualAbstractorGrpc.getResampleMethod());
  }

  @Override
  public StreamObserver<ResampleRequest> resample(StreamObserver<ResampleResponse> responses) {
    return Responses.stream(
        responses,
        () -> {
          AbstractorEngine engine = stage.engine();
          Span span = tracer.spanBuilder("abstractor.resample").startSpan();
          return ItemStream.open(
              responses, settings.window(), new Images(engine, span, Deadlines.nanoTime()));
        });
  }

  /** The features of one stream. */
  private record Images(AbstractorEngine engine, Span span, long deadline)
      implements ItemStream.Work<ResampleRequest, ResampleResponse> {
    @Override
    public String id(ResampleRequest request) {
      return request.getId();
    }

    @Override
    public CompletableFuture<ResampleResponse> begin(ResampleRequest request) {
      ModelConfig config = engine.config();
      HostTensor features =
          TensorCodec.fromProto(
              request.getFeatures(), "features", config.featureTokens(), config.featureWidth());
      LineageCheck.features(request.getFeatures(), engine.visionDigest());
      CompletableFuture<DynamicBatcher.Done<HostTensor>> work =
          engine.submit(
              new Item(features, request.getQuestion(), request.getAttention()), deadline);
      CompletableFuture<ResampleResponse> answer =
          work.thenApply(done -> respond(request, done, engine));
      answer.whenComplete((_, _) -> work.cancel(false));
      return answer;
    }

    @Override
    public ResampleResponse failed(String id, ItemError error) {
      return ResampleResponse.newBuilder().setId(id).setError(error).build();
    }

    @Override
    public void ended(int answered, Status status) {
      span.setAttribute("owl.images", answered);
      span.setAttribute("owl.tokens", (long) answered * engine.config().visualTokens());
      if (!status.isOk()) {
        span.setStatus(StatusCode.ERROR, status.getCode().name());
      }
      span.end();
    }
  }

  private static ResampleResponse respond(
      ResampleRequest request, DynamicBatcher.Done<HostTensor> done, AbstractorEngine engine) {
    Lineage lineage =
        request.getFeatures().getLineage().toBuilder().setAbstractorDigest(engine.digest()).build();
    Tensor made = TensorCodec.toProto(done.value(), lineage);
    ResampleResponse.Builder response =
        ResampleResponse.newBuilder()
            .setId(request.getId())
            .setTimings(
                StageTimings.newBuilder()
                    .setQueueMicros(TimeUnit.NANOSECONDS.toMicros(done.queueNanos()))
                    .setComputeMicros(TimeUnit.NANOSECONDS.toMicros(done.computeNanos()))
                    .setBatchSize(done.batchSize()));
    return (request.getAttention() ? response.setAttention(made) : response.setVisualTokens(made))
        .build();
  }

  @Override
  public void describe(DescribeRequest request, StreamObserver<DescribeResponse> response) {
    Responses.unary(response, () -> describe(stage.engine()));
  }

  @Override
  public void watch(WatchRequest request, StreamObserver<WatchResponse> responses) {
    stage.watch().open(request, responses);
  }

  private DescribeResponse describe(AbstractorEngine engine) {
    return DescribeResponse.newBuilder()
        .setVisionDigest(engine.visionDigest())
        .setAbstractorDigest(engine.digest())
        .setVisualTokens(engine.config().visualTokens())
        .setWidth(engine.config().language().width())
        .setDataType(TensorCodec.toProto(engine.dtype()))
        .setDevice(settings.device())
        .setMaxBatch(settings.maxBatch())
        .setReadsQuestion(engine.config().readsQuestion())
        .build();
  }
}
