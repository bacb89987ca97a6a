// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.abstractor.v1.VisualAbstractorGrpc;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.proto.stage.v1.WatchRequest;
import io.owlmesh.proto.stage.v1.WatchResponse;
import io.owlmesh.proto.vision.v1.VisionEncoderGrpc;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Reads what one replica tells of itself, no faster than every five milliseconds, and asks again
 * when that ends: at once at first, then less and less often.
 */
final class ReplicaWatch implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(ReplicaWatch.class);
  private static final int MAX_MESSAGE = 1 << 20;
  private static final long PACE_MILLIS = 5;
  private static final long FIRST_PAUSE_MILLIS = 100;
  private static final long LONGEST_PAUSE_MILLIS = 10_000;
  private static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final ScheduledExecutorService CLOCK =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("replica-watch").daemon(true).factory());

  private final Replica replica;
  private @Nullable Reader current;
  private long pause = FIRST_PAUSE_MILLIS;
  private boolean lieTold;
  private boolean closed;

  ReplicaWatch(Replica replica) {
    this.replica = replica;
  }

  /** Begins, unless it was closed. */
  synchronized void open() {
    if (closed) {
      return;
    }
    Reader reader = new Reader();
    current = reader;
    WatchRequest request = WatchRequest.getDefaultInstance();
    switch (replica.stage()) {
      case VISION ->
          VisionEncoderGrpc.newStub(replica.untraced())
              .withMaxInboundMessageSize(MAX_MESSAGE)
              .watch(request, reader);
      case ABSTRACTOR ->
          VisualAbstractorGrpc.newStub(replica.untraced())
              .withMaxInboundMessageSize(MAX_MESSAGE)
              .watch(request, reader);
      case LLM ->
          LanguageModelGrpc.newStub(replica.untraced())
              .withMaxInboundMessageSize(MAX_MESSAGE)
              .watch(request, reader);
    }
    schedule(reader::endIfSilent, TimeUnit.NANOSECONDS.toMillis(SILENCE_NANOS));
  }

  private static void schedule(Runnable work, long millis) {
    try {
      CLOCK.schedule(work, millis, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      LOG.debug("The process ends", e);
    }
  }

  private synchronized void again(Reader ended, boolean longest) {
    if (ended != current) {
      return;
    }
    current = null;
    replica.report.forget();
    schedule(this::open, longest ? LONGEST_PAUSE_MILLIS : pause);
    pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
  }

  /** What is told is not believed; said once for a replica. */
  private synchronized void lies(OwlException what) {
    if (!lieTold) {
      lieTold = true;
      LOG.warnf(
          "What the %s stage at %s tells of itself is not believed: %s",
          replica.stage().label(), replica.address(), what.getMessage());
    }
  }

  private synchronized void goesWell() {
    pause = FIRST_PAUSE_MILLIS;
  }

  private final class Reader implements ClientResponseObserver<WatchRequest, WatchResponse> {
    private @Nullable ClientCallStreamObserver<WatchRequest> call;
    private volatile long heardAt = System.nanoTime();

    @Override
    public void beforeStart(ClientCallStreamObserver<WatchRequest> request) {
      call = request;
      request.disableAutoRequestWithInitial(1);
    }

    @Override
    public void onNext(WatchResponse response) {
      heardAt = System.nanoTime();
      try {
        if (replica.report.take(response, heardAt)) {
          replica.restarted();
        }
        replica.reported();
        goesWell();
      } catch (OwlException e) {
        lies(e);
        end("what it tells cannot be");
        again(this, true);
        return;
      }
      ClientCallStreamObserver<WatchRequest> open = call;
      if (open != null) {
        schedule(() -> open.request(1), PACE_MILLIS);
      }
    }

    private void endIfSilent() {
      long silent = System.nanoTime() - heardAt;
      if (silent < SILENCE_NANOS) {
        schedule(this::endIfSilent, 1 + TimeUnit.NANOSECONDS.toMillis(SILENCE_NANOS - silent));
      } else {
        end("it tells nothing");
        again(this, false);
      }
    }

    void end(String why) {
      ClientCallStreamObserver<WatchRequest> open = call;
      if (open != null) {
        open.cancel(why, null);
      }
    }

    @Override
    public void onError(Throwable failure) {
      again(this, Status.fromThrowable(failure).getCode() == Status.Code.UNIMPLEMENTED);
    }

    @Override
    public void onCompleted() {
      again(this, false);
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    Reader open = current;
    current = null;
    if (open != null) {
      open.end("not wanted any more");
    }
  }
}
