// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import com.google.common.collect.Lists;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.stage.v1.AdapterVersions;
import io.owlmesh.proto.stage.v1.Load;
import io.owlmesh.proto.stage.v1.PrefixChain;
import io.owlmesh.proto.stage.v1.ReplicaState;
import io.owlmesh.proto.stage.v1.WatchRequest;
import io.owlmesh.proto.stage.v1.WatchResponse;
import io.owlmesh.wire.Faults;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Tells watchers how this replica is: all of it first, then what changes. One thread writes to all
 * of them, and never waits for one: who reads slowly misses reports, and hears all again if it
 * missed more than is remembered.
 */
public final class StageWatch implements AutoCloseable {
  /** Watchers at a time; more are refused. */
  public static final int MAX_WATCHERS = 64;

  /** Names in a report. */
  static final int REPORT_NAMES = 1024;

  private static final Logger LOG = Logger.getLogger(StageWatch.class);
  private static final int LEAST_MILLIS = 20;
  private static final int USUAL_MILLIS = 200;
  private static final int MOST_MILLIS = 10_000;
  private static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long NOTHING = -1;

  private final Supplier<ReplicaState> state;
  private final Supplier<Load> load;
  private final Supplier<Optional<AdapterVersions>> adapters;
  private final HeldNames held;
  private final String instance = UUID.randomUUID().toString();
  private final Set<Watcher> watchers = ConcurrentHashMap.newKeySet();
  private final ScheduledThreadPoolExecutor clock;

  /**
   * Starts the thread.
   *
   * @param state asked at each report, as are the others
   */
  public StageWatch(
      Supplier<ReplicaState> state,
      Supplier<Load> load,
      Supplier<Optional<AdapterVersions>> adapters,
      HeldNames held) {
    this.state = state;
    this.load = load;
    this.adapters = adapters;
    this.held = held;
    this.clock =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().name("replica-watch").daemon(true).factory());
    clock.setRemoveOnCancelPolicy(true);
    clock.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  /** Answers a call of Watch; to be called from the service's method. */
  public void open(WatchRequest request, StreamObserver<WatchResponse> responses) {
    ServerCallStreamObserver<WatchResponse> out =
        (ServerCallStreamObserver<WatchResponse>) responses;
    try {
      Watcher watcher = new Watcher(out, interval(request));
      out.setOnCancelHandler(watcher::end);
      add(watcher);
      watcher.begin();
    } catch (RuntimeException e) {
      responses.onError(Faults.toStatus(e));
    }
  }

  private static int interval(WatchRequest request) {
    int millis = request.hasIntervalMillis() ? request.getIntervalMillis() : USUAL_MILLIS;
    if (millis < LEAST_MILLIS || millis > MOST_MILLIS) {
      throw OwlException.badInput(
          "interval_millis",
          "%d, allowed is %d to %d".formatted(millis, LEAST_MILLIS, MOST_MILLIS));
    }
    return millis;
  }

  private synchronized void add(Watcher watcher) {
    if (clock.isShutdown()) {
      throw stopping();
    }
    if (watchers.size() >= MAX_WATCHERS) {
      throw new OwlException(
          Fault.SATURATED, "", MAX_WATCHERS + " watchers already, which is the limit");
    }
    watchers.add(watcher);
  }

  /** Tells everyone at once. */
  public synchronized void stateChanged() {
    if (!clock.isShutdown()) {
      clock.execute(() -> watchers.forEach(Watcher::tell));
    }
  }

  /** Ends all calls. */
  @Override
  public void close() {
    synchronized (this) {
      clock.shutdown();
    }
    try {
      var _ = clock.awaitTermination(1, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    watchers.forEach(Watcher::stop);
  }

  /** One call. Used by the clock's thread, but for its beginning and end. */
  private final class Watcher {
    private final ServerCallStreamObserver<WatchResponse> out;
    private final int intervalMillis;
    private @Nullable ScheduledFuture<?> ticks;
    // Of what it has not heard yet, report by report.
    private Iterator<List<HeldNames.Change>> pages = Collections.emptyIterator();
    private long heardTo = NOTHING;
    private ReplicaState toldState = ReplicaState.REPLICA_STATE_UNSPECIFIED;
    private Load toldLoad = Load.getDefaultInstance();
    private Optional<AdapterVersions> toldAdapters = Optional.empty();
    private long toldAt;

    Watcher(ServerCallStreamObserver<WatchResponse> out, int intervalMillis) {
      this.out = out;
      this.intervalMillis = intervalMillis;
    }

    synchronized void begin() {
      if (!watchers.contains(this)) {
        return; // Its caller went away already.
      }
      ticks = clock.scheduleWithFixedDelay(this::tell, 0, intervalMillis, TimeUnit.MILLISECONDS);
    }

    synchronized void end() {
      watchers.remove(this);
      if (ticks != null) {
        ticks.cancel(false);
      }
    }

    void stop() {
      end();
      out.onError(Faults.toStatus(stopping()));
    }

    void tell() {
      try {
        boolean more = watchers.contains(this);
        while (more && out.isReady()) {
          more = report();
        }
      } catch (RuntimeException e) {
        LOG.error("A watcher could not be told how this replica is", e);
        stop();
      }
    }

    /** Tells what changed, or after a while that nothing did; whether there is more. */
    private boolean report() {
      boolean snapshot = !pages.hasNext() && turn();
      List<HeldNames.Change> page = pages.hasNext() ? pages.next() : List.of();
      ReplicaState nowState = state.get();
      Load nowLoad = load.get();
      Optional<AdapterVersions> nowAdapters = adapters.get();
      boolean same =
          nowState == toldState && nowLoad.equals(toldLoad) && nowAdapters.equals(toldAdapters);
      long now = System.nanoTime();
      if (same && !snapshot && page.isEmpty() && now - toldAt < SILENCE_NANOS) {
        return false;
      }
      WatchResponse.Builder report =
          WatchResponse.newBuilder()
              .setSnapshot(snapshot)
              .setMore(pages.hasNext())
              .setInstance(instance)
              .setState(nowState)
              .setLoad(nowLoad);
      if (snapshot || !nowAdapters.equals(toldAdapters)) {
        nowAdapters.ifPresent(report::setAdapters);
      }
      page.forEach(change -> add(change, report));
      out.onNext(report.build());
      toldState = nowState;
      toldLoad = nowLoad;
      toldAdapters = nowAdapters;
      toldAt = now;
      return pages.hasNext();
    }

    /** Takes up what is to be heard next; whether that is all there is. */
    private boolean turn() {
      Optional<HeldNames.Excerpt> changes =
          heardTo == NOTHING ? Optional.empty() : held.since(heardTo);
      HeldNames.Excerpt next = changes.orElseGet(held::all);
      pages = Lists.partition(next.changes(), REPORT_NAMES).iterator();
      heardTo = next.end();
      return changes.isEmpty();
    }
  }

  private static void add(HeldNames.Change change, WatchResponse.Builder report) {
    boolean gone = change.positions() == 0;
    switch (change.kind()) {
      case CHAIN -> {
        if (gone) {
          report.addChainsLost(change.name());
        } else {
          report.addChainsGained(
              PrefixChain.newBuilder().setName(change.name()).setPositions(change.positions()));
        }
      }
      case IMAGE -> {
        if (gone) {
          report.addImagesLost(change.name());
        } else {
          report.addImagesGained(change.name());
        }
      }
    }
  }

  private static OwlException stopping() {
    return new OwlException(Fault.UNAVAILABLE, "", "the replica is stopping");
  }
}
