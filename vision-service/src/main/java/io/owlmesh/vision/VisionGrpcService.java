// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.vision;

import com.google.protobuf.UnsafeByteOperations;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.owlmesh.proto.stage.v1.WatchRequest;
import io.owlmesh.proto.stage.v1.WatchResponse;
import io.owlmesh.proto.tensor.v1.ItemError;
import io.owlmesh.proto.tensor.v1.Lineage;
import io.owlmesh.proto.tensor.v1.StageTimings;
import io.owlmesh.proto.vision.v1.DescribeRequest;
import io.owlmesh.proto.vision.v1.DescribeResponse;
import io.owlmesh.proto.vision.v1.EncodeRequest;
import io.owlmesh.proto.vision.v1.EncodeResponse;
import io.owlmesh.proto.vision.v1.VisionEncoderGrpc;
import io.owlmesh.stage.ItemStream;
import io.owlmesh.wire.Deadlines;
import io.owlmesh.wire.Responses;
import io.owlmesh.wire.TensorCodec;
import io.quarkus.grpc.GrpcService;
import jakarta.inject.Inject;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The wire of the vision stage. */
@GrpcService
public class VisionGrpcService implements VisionEncoderGrpc.AsyncService, BindableService {
  private final VisionStage stage;
  private final VisionConfig settings;
  private final Tracer tracer;

  @Inject
  VisionGrpcService(VisionStage stage, VisionConfig settings, Tracer tracer) {
    this.stage = stage;
    this.settings = settings;
    this.tracer = tracer;
  }

  @Override
  public ServerServiceDefinition bindService() {
    return stage.bind(VisionEncoderGrpc.bindService(this), VisionEncoderGrpc.getEncodeMethod());
  }

  @Override
  public StreamObserver<EncodeRequest> encode(StreamObserver<EncodeResponse> responses) {
    return Responses.stream(
        responses,
        () -> {
          VisionEngine engine = stage.engine();
          Span span = tracer.spanBuilder("vision.encode").startSpan();
          return ItemStream.open(
              responses, settings.window(), new Images(engine, span, Deadlines.nanoTime()));
        });
  }

  /** The images of one stream. */
  private record Images(VisionEngine engine, Span span, long deadline)
      implements ItemStream.Work<EncodeRequest, EncodeResponse> {
    @Override
    public String id(EncodeRequest request) {
      return request.getId();
    }

    @Override
    public CompletableFuture<EncodeResponse> begin(EncodeRequest request) {
      CompletableFuture<VisionEngine.Encoded> work =
          engine.encode(request.getImage().asReadOnlyByteBuffer(), request.getPicture(), deadline);
      CompletableFuture<EncodeResponse> answer =
          work.thenApply(encoded -> respond(request.getId(), encoded, engine));
      answer.whenComplete((_, _) -> work.cancel(false));
      return answer;
    }

    @Override
    public EncodeResponse failed(String id, ItemError error) {
      return EncodeResponse.newBuilder().setId(id).setError(error).build();
    }

    @Override
    public void ended(int answered, Status status) {
      span.setAttribute("owl.images", answered);
      span.setAttribute("owl.tokens", (long) answered * engine.config().featureTokens());
      if (!status.isOk()) {
        span.setStatus(StatusCode.ERROR, status.getCode().name());
      }
      span.end();
    }
  }

  private static EncodeResponse respond(
      String id, VisionEngine.Encoded encoded, VisionEngine engine) {
    Lineage lineage =
        Lineage.newBuilder()
            .setContentKey(encoded.contentKey())
            .setVisionDigest(engine.digest())
            .build();
    return EncodeResponse.newBuilder()
        .setId(id)
        .setFeatures(TensorCodec.toProto(encoded.features(), lineage))
        .setPicture(UnsafeByteOperations.unsafeWrap(encoded.picture()))
        .setTimings(
            StageTimings.newBuilder()
                .setQueueMicros(TimeUnit.NANOSECONDS.toMicros(encoded.queueNanos()))
                .setPrepareMicros(TimeUnit.NANOSECONDS.toMicros(encoded.prepareNanos()))
                .setComputeMicros(TimeUnit.NANOSECONDS.toMicros(encoded.computeNanos()))
                .setBatchSize(encoded.batchSize()))
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

  private DescribeResponse describe(VisionEngine engine) {
    return DescribeResponse.newBuilder()
        .setVisionDigest(engine.digest())
        .setTokens(engine.config().featureTokens())
        .setWidth(engine.config().featureWidth())
        .setDataType(TensorCodec.toProto(engine.dtype()))
        .setDevice(settings.device())
        .setMaxImageBytes(settings.maxImageBytes())
        .setMaxImagePixels(settings.maxImagePixels())
        .setMaxBatch(settings.maxBatch())
        .build();
  }
}
