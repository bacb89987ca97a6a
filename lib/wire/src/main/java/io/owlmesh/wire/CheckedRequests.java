// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.SecurityLevel;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.owlmesh.wire.identity.Caller;
import java.io.InputStream;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Ends a call whose request cannot be read with the status that says why, and that call alone. A
 * marshaller that throws would end it with UNKNOWN, while the service still answers: two ends of
 * one call break its connection and the calls of others on it.
 */
final class CheckedRequests {
  private static final ConnectionCalls CALLS = new ConnectionCalls();

  private static final Status TOO_MANY =
      Status.RESOURCE_EXHAUSTED.withDescription(
          "more than %d calls on one connection".formatted(ConnectionCalls.MAX));

  private CheckedRequests() {}

  /**
   * A method that is called with requests that could be read.
   *
   * @param work that its calls belong to while they run, if they are any
   */
  static <Q, R> ServerMethodDefinition<?, R> of(
      ServerMethodDefinition<Q, R> method,
      Marshaller<Q> requests,
      Marshaller<R> responses,
      @Nullable RunningCalls work) {
    MethodDescriptor<Q, R> descriptor = method.getMethodDescriptor();
    ServerCallHandler<Q, R> handler = method.getServerCallHandler();
    return ServerMethodDefinition.create(
        descriptor.toBuilder(new Reading<>(requests), responses).build(),
        (call, headers) -> {
          if (!CALLS.enter(call)) {
            call.close(TOO_MANY, new Metadata());
            return new ServerCall.Listener<>() {};
          }
          EndedOnce<Q, R> checked = new EndedOnce<>(call, descriptor);
          if (work != null && !work.enter(checked, call)) {
            CALLS.leave(call);
            return new ServerCall.Listener<>() {};
          }
          InboundLimits.onRefusal(status -> checked.refuse(status, new Metadata()));
          return new Checking<>(
              Contexts.interceptCall(caller(call), checked, headers, handler), checked, work);
        });
  }

  /** Who was let in; its address where nobody asked. */
  private static Context caller(ServerCall<?, ?> call) {
    return Caller.current() == null
            && call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR)
                instanceof InetSocketAddress from
        ? Caller.anonymous(from).context()
        : Context.current();
  }

  /** A request, or why there is none; one of the two. */
  private record Read<Q>(@Nullable Q message, @Nullable StatusRuntimeException failure) {}

  private record Reading<Q>(Marshaller<Q> requests) implements Marshaller<Read<Q>> {
    @Override
    public InputStream stream(Read<Q> request) {
      throw new UnsupportedOperationException("a server sends no requests");
    }

    @Override
    public Read<Q> parse(InputStream stream) {
      try {
        return new Read<>(requests.parse(stream), null);
      } catch (RuntimeException e) {
        return new Read<>(null, Faults.toStatus(e));
      }
    }
  }

  /** Hands on what could be read. */
  private static final class Checking<Q, R> extends ServerCall.Listener<Read<Q>> {
    private final ServerCall.Listener<Q> service;
    private final EndedOnce<Q, R> call;
    private final @Nullable RunningCalls work;

    Checking(ServerCall.Listener<Q> service, EndedOnce<Q, R> call, @Nullable RunningCalls work) {
      this.service = service;
      this.call = call;
      this.work = work;
    }

    private void leave() {
      CALLS.leave(call);
      if (work != null) {
        work.leave(call);
      }
    }

    @Override
    public void onMessage(Read<Q> request) {
      StatusRuntimeException failure = request.failure();
      Q message = request.message();
      if (failure != null) {
        Metadata trailers = failure.getTrailers();
        call.refuse(failure.getStatus(), trailers == null ? new Metadata() : trailers);
      } else if (message != null && !call.isRefused()) {
        service.onMessage(message);
      }
    }

    @Override
    public void onHalfClose() {
      if (!call.isRefused()) {
        service.onHalfClose();
      }
    }

    @Override
    public void onCancel() {
      leave();
      service.onCancel();
    }

    @Override
    public void onComplete() {
      leave();
      // The service did not end this call, and may still work on it.
      if (call.isRefused()) {
        service.onCancel();
      } else {
        service.onComplete();
      }
    }

    @Override
    public void onReady() {
      if (!call.isRefused()) {
        service.onReady();
      }
    }
  }

  /** A call that ends once, whoever ends it first; nothing is sent after that. */
  private static final class EndedOnce<Q, R> extends ServerCall<Q, R>
      implements RunningCalls.Endable {
    private final ServerCall<Read<Q>, R> call;
    private final MethodDescriptor<Q, R> descriptor;
    private boolean ended;
    private volatile boolean refused;

    EndedOnce(ServerCall<Read<Q>, R> call, MethodDescriptor<Q, R> descriptor) {
      this.call = call;
      this.descriptor = descriptor;
    }

    @Override
    public synchronized void refuse(Status status, Metadata trailers) {
      if (!ended) {
        ended = true;
        refused = true;
        call.close(status, trailers);
      }
    }

    boolean isRefused() {
      return refused;
    }

    @Override
    public void request(int count) {
      call.request(count);
    }

    @Override
    public synchronized void sendHeaders(Metadata headers) {
      if (!refused) {
        call.sendHeaders(headers);
      }
    }

    @Override
    public synchronized void sendMessage(R message) {
      if (!refused) {
        call.sendMessage(message);
      }
    }

    @Override
    public synchronized void close(Status status, Metadata trailers) {
      if (!refused) {
        ended = true;
        call.close(status, trailers);
      }
    }

    @Override
    public boolean isCancelled() {
      return refused || call.isCancelled();
    }

    @Override
    public boolean isReady() {
      return !refused && call.isReady();
    }

    @Override
    public void setMessageCompression(boolean enabled) {
      call.setMessageCompression(enabled);
    }

    @Override
    public void setCompression(String compressor) {
      call.setCompression(compressor);
    }

    @Override
    public void setOnReadyThreshold(int bytes) {
      call.setOnReadyThreshold(bytes);
    }

    @Override
    public SecurityLevel getSecurityLevel() {
      return call.getSecurityLevel();
    }

    @Override
    public Attributes getAttributes() {
      return call.getAttributes();
    }

    @Override
    public @Nullable String getAuthority() {
      return call.getAuthority();
    }

    @Override
    public MethodDescriptor<Q, R> getMethodDescriptor() {
      return descriptor;
    }
  }
}
