// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage.inference;

import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.owlmesh.proto.inference.GRPCInferenceServiceGrpc;
import io.owlmesh.proto.inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import io.owlmesh.proto.inference.InferTensorContents;
import io.owlmesh.proto.inference.ModelInferRequest;
import io.owlmesh.proto.inference.ModelInferRequest.InferInputTensor;
import io.owlmesh.proto.inference.ModelInferResponse;
import io.owlmesh.proto.inference.ModelStatistics;
import io.owlmesh.proto.inference.ModelStatisticsRequest;
import io.owlmesh.wire.RunningCalls;
import io.owlmesh.wire.Wire;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** A server of one model on a free port, and a client of it. */
final class HandServer implements AutoCloseable {
  private final Server server;
  private final ManagedChannel channel;

  HandServer(ServedModel model) {
    try {
      server =
          Wire.tune(
                  NettyServerBuilder.forAddress(
                      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)))
              .addService(new Service(model))
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    channel = Wire.channel("127.0.0.1", server.getPort()).build();
  }

  private static final class Service extends InferenceService {
    Service(ServedModel model) {
      super("test", "1.2.3", new RunningCalls(), List.of(model));
    }
  }

  ManagedChannel channel() {
    return channel;
  }

  GRPCInferenceServiceBlockingStub stub() {
    return GRPCInferenceServiceGrpc.newBlockingStub(channel);
  }

  ListenableFuture<ModelInferResponse> infer(ModelInferRequest.Builder request) {
    return GRPCInferenceServiceGrpc.newFutureStub(channel)
        .withDeadlineAfter(30, TimeUnit.SECONDS)
        .modelInfer(request.build());
  }

  static ModelInferRequest.Builder request(float... images) {
    InferTensorContents.Builder contents = InferTensorContents.newBuilder();
    for (float image : images) {
      contents.addFp32Contents(image);
    }
    return ModelInferRequest.newBuilder()
        .setModelName("hand")
        .addInputs(
            InferInputTensor.newBuilder()
                .setName("x")
                .setDatatype("FP32")
                .addShape(images.length)
                .addShape(1)
                .setContents(contents));
  }

  /** How a call ended. */
  static Status status(ListenableFuture<?> call) {
    return Status.fromThrowable(
        catchThrowable(() -> {
          try {
            call.get();
          } catch (ExecutionException e) {
            throw e.getCause();
          }
        }));
  }

  /**
   * Waits for so many ends of calls: a caller who goes away does not see its call being counted.
   */
  ModelStatistics statistics(long success, long fail) throws InterruptedException {
    ModelStatistics statistics;
    do {
      TimeUnit.MILLISECONDS.sleep(5);
      statistics =
          stub().modelStatistics(ModelStatisticsRequest.getDefaultInstance()).getModelStats(0);
    } while (statistics.getInferenceStats().getSuccess().getCount() < success
        || statistics.getInferenceStats().getFail().getCount() < fail);
    return statistics;
  }

  @Override
  public void close() {
    channel.shutdownNow();
    server.shutdownNow();
  }
}
