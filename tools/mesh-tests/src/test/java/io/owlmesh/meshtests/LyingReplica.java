// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.HandlerRegistry;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Stands before a replica, passes all calls on, and changes what it answers while a test wants. */
final class LyingReplica implements AutoCloseable {
  /** Names of calls that ask for work. */
  static final String WORK = ".*/(Encode|Resample|Generate)";

  /** Until what was passed on has come there. */
  private static final int ONWARD_MILLIS = 300;

  private static final int MESSAGE_BYTES = 64 << 20;

  private static final MethodDescriptor.Marshaller<byte[]> BYTES =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
          return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
          try {
            return stream.readAllBytes();
          } catch (IOException broken) {
            throw new UncheckedIOException(broken);
          }
        }
      };

  /** What is changed. */
  interface Lie {
    /** All as it is. */
    Lie NONE = (_, message) -> message;

    /**
     * A message of the replica as it is passed on.
     *
     * @param method full name of the call
     */
    byte[] answer(String method, byte[] message);

    /** With what a call is refused; null if it is passed on. */
    default @Nullable Status refusal(String method) {
      return null;
    }
  }

  private final ManagedChannel replica;
  private final Server server;
  private final AtomicInteger work = new AtomicInteger();
  private volatile Lie lie = Lie.NONE;

  LyingReplica(int port) throws IOException {
    replica =
        NettyChannelBuilder.forAddress("127.0.0.1", port)
            .usePlaintext()
            .maxInboundMessageSize(MESSAGE_BYTES)
            .build();
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .maxInboundMessageSize(MESSAGE_BYTES)
            .permitKeepAliveTime(1, TimeUnit.SECONDS)
            .fallbackHandlerRegistry(new AnyMethod())
            .build()
            .start();
  }

  int port() {
    return server.getPort();
  }

  /** Waits until the replica has been asked for work. */
  void awaitWork() throws InterruptedException {
    while (work.get() == 0) {
      TimeUnit.MILLISECONDS.sleep(1);
    }
    TimeUnit.MILLISECONDS.sleep(ONWARD_MILLIS);
  }

  void tell(Lie from) {
    lie = from;
  }

  private final class AnyMethod extends HandlerRegistry {
    @Override
    public ServerMethodDefinition<?, ?> lookupMethod(String name, @Nullable String authority) {
      MethodDescriptor<byte[], byte[]> method =
          MethodDescriptor.newBuilder(BYTES, BYTES)
              .setFullMethodName(name)
              .setType(MethodType.UNKNOWN)
              .build();
      ServerCallHandler<byte[], byte[]> handler = LyingReplica.this::begin;
      return ServerMethodDefinition.create(method, handler);
    }
  }

  private ServerCall.Listener<byte[]> begin(ServerCall<byte[], byte[]> caller, Metadata headers) {
    String method = caller.getMethodDescriptor().getFullMethodName();
    if (method.matches(WORK)) {
      work.incrementAndGet();
    }
    Status refusal = lie.refusal(method);
    if (refusal != null) {
      caller.close(refusal, new Metadata());
      return new ServerCall.Listener<>() {};
    }
    ClientCall<byte[], byte[]> onward =
        replica.newCall(caller.getMethodDescriptor(), CallOptions.DEFAULT);
    onward.start(
        new ClientCall.Listener<>() {
          @Override
          public void onHeaders(Metadata answered) {
            caller.sendHeaders(answered);
          }

          @Override
          public void onMessage(byte[] message) {
            caller.sendMessage(lie.answer(method, message));
            onward.request(1);
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            caller.close(status, trailers);
          }
        },
        headers);
    onward.request(1);
    caller.request(1);
    return new ServerCall.Listener<>() {
      @Override
      public void onMessage(byte[] message) {
        onward.sendMessage(message);
        caller.request(1);
      }

      @Override
      public void onHalfClose() {
        onward.halfClose();
      }

      @Override
      public void onCancel() {
        onward.cancel("the caller went away", null);
      }
    };
  }

  @Override
  public void close() {
    server.shutdownNow();
    replica.shutdownNow();
  }
}
