// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.ClientCalls;
import io.owlmesh.wire.identity.Access;
import io.owlmesh.wire.identity.AccessPolicy;
import io.owlmesh.wire.identity.Caller;
import io.owlmesh.wire.identity.OngoingCall;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is held for a call is given back, however it ends. */
@Timeout(60)
class AccessInterceptorTest {
  private static final Caller ANN =
      Caller.anonymous(new InetSocketAddress(InetAddress.getLoopbackAddress(), 1));

  private final Doorkeeper doorkeeper = new Doorkeeper();
  private Server server;
  private ManagedChannel channel;

  /** Lets everybody in, at once or later, and notes what begins and ends. */
  private static final class Doorkeeper implements AccessPolicy {
    final BlockingQueue<String> entered = new LinkedBlockingQueue<>();
    final BlockingQueue<Status> ended = new LinkedBlockingQueue<>();
    boolean thinks;
    boolean fails;

    @Override
    public CompletionStage<Caller> admit(Access needed, Metadata headers, Attributes connection) {
      return thinks
          ? CompletableFuture.supplyAsync(
              () -> ANN, CompletableFuture.delayedExecutor(50, TimeUnit.MILLISECONDS))
          : CompletableFuture.completedFuture(ANN);
    }

    @Override
    public OngoingCall enter(Caller caller, String method) {
      if (fails) {
        throw new IllegalStateException("a defect");
      }
      entered.add(method);
      return (status, _) -> ended.add(status);
    }

    @Override
    public boolean needsCertificates() {
      return false;
    }

    @Override
    public void requireMayListen(String host) {}
  }

  private static MethodDescriptor<byte[], byte[]> method(String name) {
    return RawMethod.of(name, MethodType.UNARY);
  }

  @BeforeEach
  void open(TestInfo test) throws Exception {
    String name = test.getDisplayName() + test.getTestMethod().orElseThrow().getName();
    ServerCallHandler<byte[], byte[]> failsAtOnce =
        (_, _) -> {
          throw new IllegalStateException("a defect");
        };
    ServerCallHandler<byte[], byte[]> failsLater =
        (call, _) -> {
          call.request(2);
          if (doorkeeper.thinks) {
            // What the caller says meanwhile comes before anybody listens.
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
          }
          return new ServerCall.Listener<>() {
            @Override
            public void onHalfClose() {
              throw new IllegalStateException("a defect");
            }
          };
        };
    server =
        InProcessServerBuilder.forName(name)
            .intercept(new AccessInterceptor(doorkeeper))
            .addService(
                ServerServiceDefinition.builder("a.Service")
                    .addMethod(method("a.Service/AtOnce"), failsAtOnce)
                    .addMethod(method("a.Service/Later"), failsLater)
                    .build())
            .fallbackHandlerRegistry(new UnknownMethods())
            .build()
            .start();
    channel = InProcessChannelBuilder.forName(name).build();
  }

  @AfterEach
  void close() {
    channel.shutdownNow();
    server.shutdownNow();
  }

  private Status call(String method) {
    try {
      ClientCalls.blockingUnaryCall(
          channel,
          method(method),
          CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS),
          new byte[0]);
      return Status.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aCallThatAServiceFailsInIsOver(boolean thinks) throws Exception {
    doorkeeper.thinks = thinks;

    for (String method : new String[] {"a.Service/AtOnce", "a.Service/Later"}) {
      Status told = call(method);

      assertThat(told.getCode()).isIn(Status.Code.INTERNAL, Status.Code.UNKNOWN);
      assertThat(doorkeeper.entered.take()).isEqualTo(method);
      assertThat(doorkeeper.ended.take().isOk()).isFalse();
    }
    assertThat(doorkeeper.ended).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aCallIsEndedIfTheDoorItselfFails(boolean thinks) {
    doorkeeper.thinks = thinks;
    doorkeeper.fails = true;

    assertThat(call("a.Service/Later").getCode()).isEqualTo(Status.Code.INTERNAL);
  }

  @Test
  void aMethodThatNobodyHasIsNotNotedByTheNameThatItsCallerGaveIt() throws Exception {
    assertThat(call("secret.Words/OfACaller").getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);

    assertThat(doorkeeper.entered.take()).isEmpty();
    assertThat(doorkeeper.ended.take().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
  }
}
