// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.workers;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyServerBuilder;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.training.v1.BeatRequest;
import io.owlmesh.proto.training.v1.CollectiveGrpc;
import io.owlmesh.proto.training.v1.JoinRequest;
import io.owlmesh.proto.training.v1.JoinResponse;
import io.owlmesh.proto.training.v1.PutRequest;
import io.owlmesh.proto.training.v1.PutResponse;
import io.owlmesh.proto.training.v1.WorkerIdentity;
import io.owlmesh.wire.Faults;
import io.owlmesh.wire.Wire;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Workers in processes of their own, each of which serves {@code Collective} and calls that of the
 * others. A worker that is silent for {@link #SILENCE} breaks the group for all.
 */
public final class GrpcGroup implements WorkerGroup {
  /** After so long without a sign of life, a worker is taken for gone. */
  static final Duration SILENCE = Duration.ofSeconds(6);

  private static final Duration BEAT = Duration.ofSeconds(1);
  private static final Duration JOINING = Duration.ofMinutes(5);
  private static final int JOIN_PAUSE_MILLIS = 200;
  private static final int LOOK_MILLIS = 500;

  /** Bytes of one message. */
  private static final int PIECE = 8 << 20;

  /** Pieces under way to one worker: what arrives together is bounded there. */
  private static final int PIECES_IN_FLIGHT = 8;

  private final WorkerSettings place;
  private final Inbox inbox;
  private final CollectiveService service;
  private final Server server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("workers").daemon(true).factory());
  private final List<ManagedChannel> channels = new ArrayList<>();
  private final List<CollectiveGrpc.CollectiveFutureStub> peers = new ArrayList<>();
  private final List<Semaphore> inFlight = new ArrayList<>();
  private long round;
  private long exchangeNanos;

  private GrpcGroup(WorkerSettings place, WorkerIdentity identity) throws IOException {
    this.place = place;
    this.inbox = new Inbox(place.size());
    this.service = new CollectiveService(place, identity, inbox);
    boolean first = place.rank() == 0;
    String host = first ? place.master().host() : place.host();
    this.server =
        Wire.tune(
                NettyServerBuilder.forAddress(
                    new InetSocketAddress(host, first ? place.master().port() : 0)))
            .executor(threads)
            .addService(Wire.bind(service.bindService()))
            .build()
            .start();
  }

  /**
   * Waits until all workers of a job are there.
   *
   * @param recipe as text, of which all must have the same
   * @throws OwlException CONFLICT if a worker differs from the first, naming both; UNAVAILABLE if
   *     not all come within five minutes
   * @throws IOException if the port cannot be had
   */
  public static GrpcGroup join(WorkerSettings place, String recipe, String device, int threads)
      throws IOException {
    WorkerIdentity identity = WorkerIdentities.own(recipe, device, threads);
    GrpcGroup group = new GrpcGroup(place, identity);
    try {
      group.connect(identity);
      return group;
    } catch (RuntimeException e) {
      group.close();
      throw e;
    }
  }

  private void connect(WorkerIdentity identity) {
    List<String> addresses = place.rank() == 0 ? service.awaitAll(JOINING) : ask(identity);
    for (String address : addresses) {
      ManagedChannel channel = Wire.relayChannel(address, InsecureChannelCredentials.create());
      channels.add(channel);
      peers.add(CollectiveGrpc.newFutureStub(channel));
      inFlight.add(new Semaphore(PIECES_IN_FLIGHT));
    }
    long period = BEAT.toMillis();
    Runnable look = place.rank() == 0 ? service::requireBeats : this::beat;
    clock.scheduleWithFixedDelay(look, period, period, TimeUnit.MILLISECONDS);
  }

  private List<String> ask(WorkerIdentity identity) {
    JoinRequest request =
        JoinRequest.newBuilder()
            .setJob(place.job())
            .setRank(place.rank())
            .setWorldSize(place.size())
            .setAddress(place.host() + ":" + server.getPort())
            .setIdentity(identity)
            .build();
    ManagedChannel master =
        Wire.relayChannel(place.master().toString(), InsecureChannelCredentials.create());
    long end = System.nanoTime() + JOINING.toNanos();
    try {
      while (true) {
        try {
          JoinResponse all =
              CollectiveGrpc.newBlockingStub(master)
                  .withDeadlineAfter(JOINING.toSeconds(), TimeUnit.SECONDS)
                  .join(request);
          return all.getAddressesList();
        } catch (StatusRuntimeException e) {
          boolean notThere = e.getStatus().getCode() == Status.Code.UNAVAILABLE;
          if (!notThere || System.nanoTime() > end) {
            throw Faults.fromStatus(e);
          }
          TimeUnit.MILLISECONDS.sleep(JOIN_PAUSE_MILLIS);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new OwlException(Fault.CANCELLED, "", "interrupted", e);
    } finally {
      master.shutdownNow();
    }
  }

  private void beat() {
    try {
      var _ =
          CollectiveGrpc.newBlockingStub(channels.getFirst())
              .withDeadlineAfter(SILENCE.toMillis(), TimeUnit.MILLISECONDS)
              .beat(BeatRequest.newBuilder().setJob(place.job()).setRank(place.rank()).build());
    } catch (StatusRuntimeException e) {
      String told = String.valueOf(e.getStatus().getDescription());
      inbox.breakUp(
          e.getStatus().getCode() == Status.Code.ABORTED
              ? told
              : "worker 0 does not answer: " + e.getStatus().getCode());
    }
  }

  @Override
  public int rank() {
    return place.rank();
  }

  @Override
  public int size() {
    return place.size();
  }

  @Override
  public double exchangeSeconds() {
    double seconds = exchangeNanos / 1e9;
    exchangeNanos = 0;
    return seconds;
  }

  @Override
  public List<List<ByteBuffer>> exchange(List<List<ByteBuffer>> toEach) {
    long begin = System.nanoTime();
    List<ListenableFuture<PutResponse>> sent = new ArrayList<>();
    for (int i = 1; i < size(); i++) {
      int to = (rank() + i) % size(); // Not all to the same one at first.
      send(to, toEach.get(to), sent);
    }
    List<List<ByteBuffer>> given = new ArrayList<>();
    for (int from = 0; from < size(); from++) {
      given.add(from == rank() ? toEach.get(from) : inbox.take(round, from));
    }
    awaitSent(sent);
    round++;
    exchangeNanos += System.nanoTime() - begin;
    return given;
  }

  private void send(int to, List<ByteBuffer> buffers, List<ListenableFuture<PutResponse>> sent) {
    PutRequest.Builder request =
        PutRequest.newBuilder()
            .setJob(place.job())
            .setFrom(rank())
            .setRound(round)
            .setBuffers(buffers.size());
    if (buffers.isEmpty()) {
      sent.add(put(to, request.build()));
    }
    for (int i = 0; i < buffers.size(); i++) {
      ByteString whole = UnsafeByteOperations.unsafeWrap(buffers.get(i).slice());
      for (int offset = 0; offset < whole.size(); offset += PIECE) {
        ByteString piece = whole.substring(offset, Math.min(offset + PIECE, whole.size()));
        sent.add(
            put(
                to,
                request
                    .setBuffer(i)
                    .setSize(whole.size())
                    .setOffset(offset)
                    .setData(piece)
                    .build()));
      }
    }
  }

  /** Sends a piece; if it cannot be taken, all who wait for anything are told. */
  private ListenableFuture<PutResponse> put(int to, PutRequest piece) {
    Semaphore places = inFlight.get(to);
    try {
      while (!places.tryAcquire(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
        inbox.requireWhole();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new OwlException(Fault.CANCELLED, "", "interrupted", e);
    }
    ListenableFuture<PutResponse> sent = peers.get(to).put(piece);
    sent.addListener(
        () -> {
          places.release();
          if (sent.state() == Future.State.FAILED) {
            inbox.breakUp(
                "worker %d takes nothing any more: %s"
                    .formatted(to, Status.fromThrowable(sent.exceptionNow())));
          }
        },
        Runnable::run);
    return sent;
  }

  /** Whether it is sent within a moment. */
  private static boolean ends(Future<PutResponse> sent)
      throws ExecutionException, InterruptedException {
    try {
      var _ = sent.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    }
  }

  private void awaitSent(List<ListenableFuture<PutResponse>> sent) {
    try {
      for (ListenableFuture<PutResponse> one : sent) {
        while (!ends(one)) {
          inbox.requireWhole(); // Somebody else may have found out why.
        }
      }
    } catch (ExecutionException e) {
      inbox.requireWhole();
      throw new OwlException(Fault.UNAVAILABLE, "workers", "another worker is gone", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new OwlException(Fault.CANCELLED, "", "interrupted", e);
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
    service.leave();
    channels.forEach(ManagedChannel::shutdownNow);
    try {
      var _ =
          server.shutdown().awaitTermination(1, TimeUnit.SECONDS); // Others hear the last answer.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    server.shutdownNow();
    threads.shutdownNow();
  }
}
