// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.owlmesh.core.OwlException;
import io.owlmesh.wire.Faults;
import io.owlmesh.wire.RawMethod;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Calls whose messages are bytes, whatever they mean. */
public final class RawCalls {
  private RawCalls() {}

  /** Asks, and returns the answer. */
  static byte[] ask(Channel channel, String method, byte[] request, CallOptions options) {
    return ClientCalls.blockingUnaryCall(
        channel,
        RawMethod.of(method, MethodType.UNARY),
        options.withDeadlineAfter(20, TimeUnit.SECONDS),
        request);
  }

  /** Asks, and returns why not. */
  static StatusRuntimeException refusal(
      Channel channel, String method, byte[] request, CallOptions options) {
    return org.assertj.core.api.Assertions.catchThrowableOfType(
        StatusRuntimeException.class, () -> ask(channel, method, request, options));
  }

  /** The client's end of a stream of messages. */
  public static final class Stream implements StreamObserver<byte[]> {
    private final CompletableFuture<Throwable> end = new CompletableFuture<>();
    private StreamObserver<byte[]> requests = this;

    Stream send(byte[] message) {
      requests.onNext(message);
      return this;
    }

    /** Why it ends. */
    OwlException fault() {
      return Faults.fromStatus(end.orTimeout(20, TimeUnit.SECONDS).join());
    }

    @Override
    public void onNext(byte[] answer) {}

    @Override
    public void onError(Throwable failure) {
      end.complete(failure);
    }

    @Override
    public void onCompleted() {
      end.complete(new IllegalStateException("the stream ended well"));
    }
  }

  public static Stream stream(Channel channel, String method) {
    Stream stream = new Stream();
    stream.requests =
        ClientCalls.asyncBidiStreamingCall(
            channel.newCall(RawMethod.of(method, MethodType.BIDI_STREAMING), CallOptions.DEFAULT),
            stream);
    return stream;
  }

  /** A pattern so many times. */
  static byte[] repeat(int times, int... pattern) {
    byte[] all = new byte[times * pattern.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) pattern[i % pattern.length];
    }
    return all;
  }
}
