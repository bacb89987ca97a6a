// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.owlmesh.wire.Wire;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * The services of a stage behind a real socket, its engine loaded, and a channel to them.
 *
 * @param <S> the stage
 */
public class StageServer<S extends EngineStage<?>> implements AutoCloseable {
  private final S stage;
  private final Server server;
  private final ManagedChannel channel;

  /** Starts the server and waits for the engine. */
  public StageServer(S stage, BindableService... services)
      throws IOException, InterruptedException {
    this.stage = stage;
    NettyServerBuilder builder =
        Wire.tune(
            NettyServerBuilder.forAddress(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)));
    for (BindableService service : services) {
      builder.addService(service);
    }
    server = builder.addService(new StageHealthGrpcService(stage)).build().start();
    while (!stage.ready()) {
      TimeUnit.MILLISECONDS.sleep(20);
    }
    channel = Wire.channel("127.0.0.1", server.getPort()).build();
  }

  public final S stage() {
    return stage;
  }

  public final ManagedChannel channel() {
    return channel;
  }

  /** Sends requests on one stream; what comes back until its end. */
  public static <Q, R> List<R> exchange(
      Function<StreamObserver<R>, StreamObserver<Q>> call, Iterable<Q> requests) {
    CompletableFuture<List<R>> done = new CompletableFuture<>();
    List<R> responses = new ArrayList<>();
    StreamObserver<Q> stream =
        call.apply(
            new StreamObserver<>() {
              @Override
              public void onNext(R response) {
                responses.add(response);
              }

              @Override
              public void onError(Throwable failure) {
                done.completeExceptionally(failure);
              }

              @Override
              public void onCompleted() {
                done.complete(responses);
              }
            });
    requests.forEach(stream::onNext);
    stream.onCompleted();
    return done.join();
  }

  @Override
  public final void close() {
    channel.shutdownNow();
    server.shutdownNow();
    stage.close();
  }
}
