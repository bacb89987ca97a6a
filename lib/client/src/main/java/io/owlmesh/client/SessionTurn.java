// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.client;

import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.owlmesh.proto.chat.v1.ChatGrpc.ChatBlockingStub;
import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.SendMessageRequest;
import io.owlmesh.proto.chat.v1.SendMessageResponse;
import io.owlmesh.proto.chat.v1.StopAnswerRequest;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One turn of a session on its way. Its request names itself, so that it can be sent again when a
 * connection breaks: the mesh takes no turn twice.
 */
public final class SessionTurn {
  // Together eight seconds of waiting: as long as a front door needs to be started again.
  private static final int TRIES = 6;
  private static final long FIRST_WAIT_MILLIS = 250;
  private static final long STOP_SECONDS = 2;

  private final Address address;
  private final ChatBlockingStub stub;
  private final SendMessageRequest request;
  private final Duration limit;
  private final TurnObserver sink;
  private Context.@Nullable CancellableContext attempt;
  private boolean stopped;

  SessionTurn(
      Address address,
      ChatBlockingStub stub,
      SendMessageRequest request,
      Duration limit,
      TurnObserver sink) {
    this.address = address;
    this.stub = stub;
    this.request = request;
    this.limit = limit;
    this.sink = sink;
  }

  /** Takes the turn; the answer as the mesh keeps it, which {@link #stop} may have cut. */
  public Message await() throws AnswerFailed, InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    for (int tries = 1; ; tries++) {
      try {
        return tryOnce(end);
      } catch (StatusRuntimeException failed) {
        if (tries == TRIES || isStopped() || !connectionBroke(failed)) {
          throw AnswerFailed.of(failed, address);
        }
      }
      Thread.sleep(FIRST_WAIT_MILLIS << (tries - 1));
      sink.again();
    }
  }

  private Message tryOnce(long end) {
    Context.CancellableContext context = begin();
    Context before = context.attach();
    try {
      Iterator<SendMessageResponse> events =
          stub.withDeadlineAfter(end - System.nanoTime(), TimeUnit.NANOSECONDS)
              .sendMessage(request);
      @Nullable Message done = null;
      while (events.hasNext()) {
        SendMessageResponse event = events.next();
        sink.event(event);
        if (event.hasDone()) {
          done = event.getDone();
        }
      }
      if (done == null) {
        throw Status.INTERNAL.withDescription("The answer has no end.").asRuntimeException();
      }
      return done;
    } finally {
      context.detach(before);
      context.cancel(null);
    }
  }

  private synchronized Context.CancellableContext begin() {
    Context.CancellableContext context = Context.current().withCancellation();
    attempt = context;
    if (stopped) {
      context.cancel(null);
    }
    return context;
  }

  private synchronized boolean isStopped() {
    return stopped;
  }

  /** What the mesh itself says has details; what a client says of a lost connection has none. */
  private static boolean connectionBroke(StatusRuntimeException failed) {
    com.google.rpc.Status said = StatusProto.fromThrowable(failed);
    return failed.getStatus().getCode() == Status.Code.UNAVAILABLE
        && (said == null || said.getDetailsCount() == 0);
  }

  /**
   * Ends the answer, which is kept as far as it came. A second time, or if the mesh does not hear,
   * the call itself is ended, and {@link #await} fails with CANCELLED.
   */
  public void stop() {
    if (isStopped() || !meshStops()) {
      cancel();
    }
  }

  private boolean meshStops() {
    synchronized (this) {
      stopped = true;
    }
    try {
      return stub.withDeadlineAfter(STOP_SECONDS, TimeUnit.SECONDS)
          .stopAnswer(StopAnswerRequest.newBuilder().setSessionId(request.getSessionId()).build())
          .getStopped();
    } catch (StatusRuntimeException unheard) {
      return false;
    }
  }

  private synchronized void cancel() {
    if (attempt != null) {
      attempt.cancel(null);
    }
  }
}
