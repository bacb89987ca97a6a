// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.StreamObserver;
import io.owlmesh.proto.abstractor.v1.ResampleRequest;
import io.owlmesh.proto.abstractor.v1.ResampleResponse;
import io.owlmesh.proto.abstractor.v1.VisualAbstractorGrpc;
import io.owlmesh.proto.stage.v1.AdapterVersions;
import io.owlmesh.proto.stage.v1.Load;
import io.owlmesh.proto.stage.v1.WatchRequest;
import io.owlmesh.proto.stage.v1.WatchResponse;
import io.owlmesh.wire.RunningCalls;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntConsumer;

/** A stage whose engine is what a test says it is. */
final class HandStage extends EngineStage<HandStage.Engine> {
  private final HeldNames held;

  /** Says what it was told to. */
  static final class Engine implements StageEngine {
    volatile Load load = Load.getDefaultInstance();
    volatile IntConsumer batches = _ -> {};
    volatile Optional<AdapterVersions> adapters = Optional.empty();

    @Override
    public BatchCounts batches() {
      return new BatchCounts(0, 0, 0);
    }

    @Override
    public void onBatch(IntConsumer listener) {
      batches = listener;
    }

    @Override
    public Load load() {
      return load;
    }

    @Override
    public Optional<AdapterVersions> adapterVersions() {
      return adapters;
    }

    @Override
    public void close() {}
  }

  /**
   * @param loading completed when the engine may be there
   */
  HandStage(CompletableFuture<Void> loading) {
    this(loading, new CompletableFuture<>());
  }

  private HandStage(CompletableFuture<Void> loading, CompletableFuture<HeldNames> given) {
    super(
        "hand",
        VisualAbstractorGrpc.SERVICE_NAME,
        new RunningCalls(),
        names -> {
          given.complete(names);
          loading.join();
          return new Engine();
        });
    held = given.join();
  }

  HeldNames held() {
    return held;
  }

  /** The abstractor's service over it. */
  record Service(HandStage stage, ItemStream.Work<ResampleRequest, ResampleResponse> work)
      implements VisualAbstractorGrpc.AsyncService, BindableService {
    @Override
    public StreamObserver<ResampleRequest> resample(StreamObserver<ResampleResponse> responses) {
      return ItemStream.open(responses, 4, work);
    }

    @Override
    public void watch(WatchRequest request, StreamObserver<WatchResponse> responses) {
      stage.watch().open(request, responses);
    }

    @Override
    public ServerServiceDefinition bindService() {
      return stage.bind(
          VisualAbstractorGrpc.bindService(this), VisualAbstractorGrpc.getResampleMethod());
    }
  }
}
