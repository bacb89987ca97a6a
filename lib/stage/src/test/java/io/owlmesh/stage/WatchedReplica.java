// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import io.owlmesh.proto.stage.v1.PrefixChain;
import io.owlmesh.proto.stage.v1.WatchRequest;
import io.owlmesh.proto.stage.v1.WatchResponse;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A watcher that keeps what it is told. */
public final class WatchedReplica
    implements ClientResponseObserver<WatchRequest, WatchResponse>, AutoCloseable {
  private static final int SECONDS = 20;

  private final BlockingQueue<WatchResponse> reports = new LinkedBlockingQueue<>();
  private final CompletableFuture<Status> end = new CompletableFuture<>();
  private final boolean slow;
  private final Map<String, Integer> chains = new TreeMap<>();
  private final Set<String> images = new TreeSet<>();
  private @Nullable ClientCallStreamObserver<WatchRequest> call;

  private WatchedReplica(boolean slow) {
    this.slow = slow;
  }

  /** Watches with an interval of 20 ms. */
  public static WatchedReplica of(BiConsumer<WatchRequest, StreamObserver<WatchResponse>> call) {
    return of(call, 20);
  }

  static WatchedReplica of(
      BiConsumer<WatchRequest, StreamObserver<WatchResponse>> call, int intervalMillis) {
    return open(call, intervalMillis, false);
  }

  /** A watcher that reads what {@link #request} asks for. */
  static WatchedReplica slowly(BiConsumer<WatchRequest, StreamObserver<WatchResponse>> call) {
    return open(call, 20, true);
  }

  private static WatchedReplica open(
      BiConsumer<WatchRequest, StreamObserver<WatchResponse>> call,
      int intervalMillis,
      boolean slow) {
    WatchedReplica watched = new WatchedReplica(slow);
    call.accept(WatchRequest.newBuilder().setIntervalMillis(intervalMillis).build(), watched);
    return watched;
  }

  void request(int count) {
    Objects.requireNonNull(call).request(count);
  }

  /** The next report. */
  public WatchResponse next() throws InterruptedException {
    WatchResponse report = reports.poll(SECONDS, TimeUnit.SECONDS);
    if (report == null) {
      throw new AssertionError("no report; the call is " + end.getNow(Status.OK));
    }
    if (report.getSnapshot()) {
      chains.clear();
      images.clear();
    }
    report.getChainsLostList().forEach(name -> chains.remove(name.toStringUtf8()));
    for (PrefixChain chain : report.getChainsGainedList()) {
      chains.put(chain.getName().toStringUtf8(), chain.getPositions());
    }
    report.getImagesLostList().forEach(name -> images.remove(name.toStringUtf8()));
    for (ByteString name : report.getImagesGainedList()) {
      images.add(name.toStringUtf8());
    }
    return report;
  }

  /** Reads on until a report, or all of them together, are as wanted. */
  public WatchResponse await(Predicate<WatchResponse> wanted) throws InterruptedException {
    WatchResponse report = next();
    while (!wanted.test(report)) {
      report = next();
    }
    return report;
  }

  /** Names of beginnings of prompts, with their positions, as far as reports were read. */
  public Map<String, Integer> chains() {
    return chains;
  }

  /** Names of pictures, as far as reports were read. */
  public Set<String> images() {
    return images;
  }

  /** Whether the call ended before anything was told. */
  boolean isRefused() throws InterruptedException {
    while (reports.isEmpty() && !end.isDone()) {
      TimeUnit.MILLISECONDS.sleep(5);
    }
    return reports.isEmpty();
  }

  /** How the call ended. */
  public Status end() {
    return end.orTimeout(SECONDS, TimeUnit.SECONDS).join();
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<WatchRequest> stream) {
    call = stream;
    if (slow) {
      stream.disableAutoRequestWithInitial(0);
    }
  }

  @Override
  public void onNext(WatchResponse report) {
    reports.add(report);
  }

  @Override
  public void onError(Throwable failure) {
    end.complete(Status.fromThrowable(failure));
  }

  @Override
  public void onCompleted() {
    end.complete(Status.OK);
  }

  @Override
  public void close() {
    Objects.requireNonNull(call).cancel("enough", null);
  }
}
