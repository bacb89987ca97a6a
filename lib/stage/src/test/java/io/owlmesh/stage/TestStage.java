// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.owlmesh.proto.abstractor.v1.ResampleRequest;
import io.owlmesh.proto.abstractor.v1.ResampleResponse;
import io.owlmesh.proto.abstractor.v1.VisualAbstractorGrpc;
import io.owlmesh.wire.Wire;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** A server of the abstractor's contract on a free port, and a channel to it. */
public final class TestStage implements AutoCloseable {
  private final Server server;
  private final ManagedChannel channel;

  private TestStage(Server server) {
    this.server = server;
    this.channel = Wire.channel("127.0.0.1", server.getPort()).build();
  }

  /** Serves streams by a function from responses to requests. */
  public static TestStage serving(
      Function<StreamObserver<ResampleResponse>, StreamObserver<ResampleRequest>> call) {
    try {
      return new TestStage(
          Wire.tune(
                  NettyServerBuilder.forAddress(
                      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)))
              .addService(new Abstractor(call))
              .build()
              .start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Serves streams of items. */
  public static TestStage working(
      int window, ItemStream.Work<ResampleRequest, ResampleResponse> work) {
    return serving(responses -> ItemStream.open(responses, window, work));
  }

  public VisualAbstractorGrpc.VisualAbstractorStub stub() {
    return VisualAbstractorGrpc.newStub(channel);
  }

  /** A stream of bytes on the connection of all stubs. */
  public RawCalls.Stream raw(String method) {
    return RawCalls.stream(channel, method);
  }

  int port() {
    return server.getPort();
  }

  @Override
  public void close() {
    channel.shutdownNow();
    server.shutdownNow();
    try {
      boolean ended =
          channel.awaitTermination(10, TimeUnit.SECONDS)
              && server.awaitTermination(10, TimeUnit.SECONDS);
      if (!ended) {
        throw new IllegalStateException("calls are still running");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private record Abstractor(
      Function<StreamObserver<ResampleResponse>, StreamObserver<ResampleRequest>> call)
      implements VisualAbstractorGrpc.AsyncService, BindableService {
    @Override
    public StreamObserver<ResampleRequest> resample(StreamObserver<ResampleResponse> responses) {
      return call.apply(responses);
    }

    @Override
    public ServerServiceDefinition bindService() {
      return Wire.bind(VisualAbstractorGrpc.bindService(this));
    }
  }
}
