// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Bounds what requests take while they arrive, before anybody parses them: a message by the limit
 * of its method, all messages together by the memory of the process, and a message that has begun
 * by a least rate. Bytes count as they arrive, until the next message of their call begins or the
 * call ends; what is only announced costs nothing.
 */
public final class InboundLimits extends ServerStreamTracer.Factory {
  /** Bytes a second of a message that has begun. */
  static final int LEAST_RATE = 4 << 10;

  /** Bytes over a limit within which a call has the time to be told of it. */
  private static final int GRACE = 1 << 20;

  private static final Duration PERIOD = Duration.ofSeconds(10);
  private static final Context.Key<Arrival> ARRIVAL = Context.key("owl-arrival");
  private static final ScheduledExecutorService CLOCK =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("inbound-limits").daemon(true).factory());

  private final AtomicLong held = new AtomicLong();
  private final long limit;
  private final Duration period;
  private final Set<Arrival> begun = ConcurrentHashMap.newKeySet();
  private boolean watching;

  /** Limits by the memory of this process: half of the heap, one large message at least. */
  public InboundLimits() {
    this(Math.max(Wire.MAX_MESSAGE, Runtime.getRuntime().maxMemory() / 2), PERIOD);
  }

  /**
   * @param limit bytes of all messages that arrive together
   * @param period over which the rate of a message is taken
   */
  public InboundLimits(long limit, Duration period) {
    this.limit = limit;
    this.period = period;
  }

  @Override
  public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
    watch();
    return new Arrival(method, MessageLimits.of(method));
  }

  private synchronized void watch() {
    if (!watching) {
      watching = true;
      CLOCK.scheduleWithFixedDelay(
          () -> begun.forEach(Arrival::checkRate),
          period.toMillis(),
          period.toMillis(),
          TimeUnit.MILLISECONDS);
    }
  }

  /** Ends the current call by a function, once, if its message is too large or too slow. */
  static void onRefusal(Consumer<Status> end) {
    Arrival arrival = ARRIVAL.get();
    if (arrival != null) {
      arrival.end = end;
      Status early = arrival.refusal;
      if (early != null) {
        end.accept(early);
      }
    }
  }

  /** The message of one call that arrives now; told on the thread of its connection. */
  private final class Arrival extends ServerStreamTracer {
    private final String method;
    private final int most;
    private volatile long bytes;
    private volatile @Nullable Consumer<Status> end;
    private volatile @Nullable Status refusal;
    // Bytes at the last look at the rate; -1 if there was none since the message began.
    private volatile long seen;

    Arrival(String method, int most) {
      this.method = method;
      this.most = most;
    }

    @Override
    public Context filterContext(Context context) {
      return context.withValue(ARRIVAL, this);
    }

    @Override
    public void inboundMessage(int number) {
      release();
      seen = -1;
      begun.add(this);
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // Written by the thread of the connection alone.
    public void inboundWireSize(long more) {
      bytes += more;
      long all = held.addAndGet(more);
      if (all > limit) {
        throw refusal("requests that arrive now take more than %d bytes".formatted(limit))
            .asRuntimeException();
      }
      if (bytes > most) {
        end(refusal("a request of %s exceeds %d bytes".formatted(method, most)));
      }
    }

    private static Status refusal(String why) {
      return Status.RESOURCE_EXHAUSTED.withDescription(why);
    }

    /**
     * Ends the call with a status that says why. A call that nobody can end so, and one whose bytes
     * go on all the same, is cut off.
     */
    private void end(Status status) {
      if (bytes > (long) most + GRACE) {
        throw status.asRuntimeException();
      }
      if (refusal == null) {
        refusal = status;
        Consumer<Status> call = end;
        if (call != null) {
          call.accept(status);
        }
      }
    }

    @Override
    public void inboundMessageRead(int number, long wireSize, long size) {
      begun.remove(this);
    }

    @Override
    public void streamClosed(Status status) {
      begun.remove(this);
      release();
    }

    private void release() {
      held.addAndGet(-bytes);
      bytes = 0;
    }

    void checkRate() {
      long now = bytes;
      long before = seen;
      seen = now;
      Consumer<Status> call = end;
      long least = LEAST_RATE * period.toMillis() / 1000;
      if (before >= 0 && now - before < least && call != null && begun.remove(this)) {
        call.accept(
            Status.DEADLINE_EXCEEDED.withDescription(
                "a request of %s came slower than %d bytes a second"
                    .formatted(method, LEAST_RATE)));
      }
    }
  }
}
