// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.owlmesh.core.OwlException;
import io.owlmesh.wire.Faults;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Calls whose messages are bytes, whatever they mean. */
public final class RawCalls {
  private RawCalls() {}

  private record Bytes() implements Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] bytes) {
      return new ByteArrayInputStream(bytes);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  static MethodDescriptor<byte[], byte[]> method(String name, MethodType type) {
    return MethodDescriptor.newBuilder(new Bytes(), new Bytes())
        .setFullMethodName(name)
        .setType(type)
        .build();
  }

  /** Asks, and returns the answer. */
  static byte[] ask(Channel channel, String method, byte[] request, CallOptions options) {
    return ClientCalls.blockingUnaryCall(
        channel,
        method(method, MethodType.UNARY),
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
            channel.newCall(method(method, MethodType.BIDI_STREAMING), CallOptions.DEFAULT),
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
