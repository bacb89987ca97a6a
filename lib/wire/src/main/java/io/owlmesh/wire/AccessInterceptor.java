// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.owlmesh.wire.identity.Access;
import io.owlmesh.wire.identity.AccessPolicy;
import io.owlmesh.wire.identity.Caller;
import io.owlmesh.wire.identity.MethodAccess;
import io.owlmesh.wire.identity.OngoingCall;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Asks before every method whether its caller may come in; then the caller is in the context. */
public final class AccessInterceptor implements ServerInterceptor {
  private static final Logger LOG = Logger.getLogger(AccessInterceptor.class.getName());

  private final AccessPolicy policy;

  public AccessInterceptor(AccessPolicy policy) {
    this.policy = policy;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    CompletableFuture<Caller> admitted =
        policy
            .admit(needed(call.getMethodDescriptor()), headers, call.getAttributes())
            .toCompletableFuture();
    boolean counted = needed(call.getMethodDescriptor()) != Access.ANYBODY;
    if (admitted.isDone() && !admitted.isCompletedExceptionally()) {
      return enter(admitted.join(), counted, call, headers, next);
    }
    if (admitted.isDone()) {
      refuse(call, admitted.exceptionNow());
      return new ServerCall.Listener<>() {};
    }
    Later<Q> later = new Later<>();
    Context context = Context.current();
    // The service expects the thread that calls come on.
    io.vertx.core.Context loop = Vertx.currentContext();
    Executor same = loop == null ? Runnable::run : work -> loop.runOnContext(_ -> work.run());
    admitted.whenCompleteAsync(
        (caller, failure) ->
            context.run(() -> {
              if (caller == null) {
                refuse(call, failure);
              } else {
                later.set(enter(caller, counted, call, headers, next), call);
              }
            }),
        same);
    return later;
  }

  private <Q, R> ServerCall.Listener<Q> enter(
      Caller caller,
      boolean counted,
      ServerCall<Q, R> call,
      Metadata headers,
      ServerCallHandler<Q, R> next) {
    OngoingCall ongoing;
    try {
      ongoing =
          counted ? policy.enter(caller, noted(call.getMethodDescriptor())) : OngoingCall.PLAIN;
    } catch (RuntimeException e) {
      refuse(call, e);
      return new ServerCall.Listener<>() {};
    }
    // From here on something may be held for the call: whatever happens, it is given back.
    Ending<Q, R> ending = new Ending<>(call, ongoing);
    try {
      return new Ended<>(
          Contexts.interceptCall(ongoing.in(caller.context()), ending, headers, next), ending);
    } catch (RuntimeException e) {
      refuse(ending, e);
      return new ServerCall.Listener<>() {};
    }
  }

  /** A method as it is counted and noted; of one that nobody has, its name is the caller's text. */
  private static String noted(MethodDescriptor<?, ?> method) {
    return method.getType() == MethodType.UNKNOWN ? "" : method.getFullMethodName();
  }

  /** Remembers how a call is ended, and says so once. */
  private static final class Ending<Q, R> extends SimpleForwardingServerCall<Q, R> {
    private final OngoingCall ongoing;
    private final AtomicBoolean over = new AtomicBoolean();

    Ending(ServerCall<Q, R> call, OngoingCall ongoing) {
      super(call);
      this.ongoing = ongoing;
    }

    @Override
    public void close(Status status, Metadata trailers) {
      end(status, trailers);
      super.close(status, trailers);
    }

    void end(Status status, Metadata trailers) {
      if (!over.getAndSet(true)) {
        ongoing.ended(status, trailers);
      }
    }
  }

  /** Whoever goes away ends a call, too. */
  private static final class Ended<Q, R> extends SimpleForwardingServerCallListener<Q> {
    private final Ending<Q, R> ending;

    Ended(ServerCall.Listener<Q> listener, Ending<Q, R> ending) {
      super(listener);
      this.ending = ending;
    }

    @Override
    public void onCancel() {
      ending.end(Status.CANCELLED, new Metadata());
      super.onCancel();
    }

    @Override
    public void onComplete() {
      // One that a service failed in is closed by the server, past the interceptors.
      ending.end(Status.INTERNAL, new Metadata());
      super.onComplete();
    }
  }

  /** Whoever is known may hear that there is no such method. */
  private static Access needed(MethodDescriptor<?, ?> method) {
    return method.getType() == MethodType.UNKNOWN
        ? Access.USER
        : MethodAccess.of(method.getFullMethodName());
  }

  private static void refuse(ServerCall<?, ?> call, Throwable why) {
    StatusRuntimeException status = Faults.toStatus(why);
    Metadata trailers = status.getTrailers();
    call.close(status.getStatus(), trailers == null ? new Metadata() : trailers);
  }

  /** Keeps what happens to a call until somebody listens. */
  private static final class Later<Q> extends ServerCall.Listener<Q> {
    private final List<Consumer<ServerCall.Listener<Q>>> missed = new ArrayList<>();
    private ServerCall.@Nullable Listener<Q> listener;

    /** Tells what was missed. A service that fails in it ends the call, as the server would. */
    synchronized void set(ServerCall.Listener<Q> admitted, ServerCall<?, ?> call) {
      listener = admitted;
      for (Consumer<ServerCall.Listener<Q>> event : missed) {
        try {
          event.accept(admitted);
        } catch (RuntimeException e) {
          end(call, e);
          LOG.log(Level.SEVERE, call.getMethodDescriptor().getFullMethodName() + " failed", e);
        }
      }
      missed.clear();
    }

    private static void end(ServerCall<?, ?> call, RuntimeException why) {
      try {
        refuse(call, why);
      } catch (IllegalStateException closed) {
        why.addSuppressed(closed); // the service had ended it already
      }
    }

    private synchronized void tell(Consumer<ServerCall.Listener<Q>> event) {
      if (listener == null) {
        missed.add(event);
      } else {
        event.accept(listener);
      }
    }

    @Override
    public void onMessage(Q message) {
      tell(listener -> listener.onMessage(message));
    }

    @Override
    public void onHalfClose() {
      tell(ServerCall.Listener::onHalfClose);
    }

    @Override
    public void onCancel() {
      tell(ServerCall.Listener::onCancel);
    }

    @Override
    public void onComplete() {
      tell(ServerCall.Listener::onComplete);
    }

    @Override
    public void onReady() {
      tell(ServerCall.Listener::onReady);
    }
  }
}
