// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.workers;

import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.training.v1.BeatRequest;
import io.owlmesh.proto.training.v1.BeatResponse;
import io.owlmesh.proto.training.v1.CollectiveGrpc;
import io.owlmesh.proto.training.v1.JoinRequest;
import io.owlmesh.proto.training.v1.JoinResponse;
import io.owlmesh.proto.training.v1.PutRequest;
import io.owlmesh.proto.training.v1.PutResponse;
import io.owlmesh.proto.training.v1.WorkerIdentity;
import io.owlmesh.wire.Responses;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A worker's end of the exchanges, and at rank 0 the list of who is there. */
final class CollectiveService implements CollectiveGrpc.AsyncService, BindableService {
  private final WorkerSettings place;
  private final WorkerIdentity identity;
  private final Inbox inbox;
  private final @Nullable String[] addresses;
  private final CompletableFuture<List<String>> all = new CompletableFuture<>();
  private final Map<Integer, Long> beats = new ConcurrentHashMap<>();
  private volatile boolean left;

  CollectiveService(WorkerSettings place, WorkerIdentity identity, Inbox inbox) {
    this.place = place;
    this.identity = identity;
    this.inbox = inbox;
    this.addresses = new String[place.size()];
    addresses[0] = place.master().toString();
    completeIfWhole();
  }

  @Override
  public ServerServiceDefinition bindService() {
    return CollectiveGrpc.bindService(this);
  }

  private void requireOurs(String job) {
    if (!job.equals(place.job())) {
      throw OwlException.badInput("job", "is another one");
    }
  }

  @Override
  public void join(JoinRequest request, StreamObserver<JoinResponse> response) {
    Responses.unary(
        response,
        () -> {
          requireOurs(request.getJob());
          arrive(request);
          return JoinResponse.newBuilder().addAllAddresses(all.join()).build();
        });
  }

  private synchronized void arrive(JoinRequest request) {
    int rank = request.getRank();
    if (place.rank() != 0 || request.getWorldSize() != place.size()) {
      throw OwlException.badInput(
          "world_size", "%d, here are %d".formatted(request.getWorldSize(), place.size()));
    }
    if (rank < 1 || rank >= place.size()) {
      throw OwlException.badInput("rank", rank + ", allowed is 1 to " + (place.size() - 1));
    }
    try {
      WorkerIdentities.requireSame(rank, request.getIdentity(), identity);
    } catch (OwlException e) {
      all.completeExceptionally(e);
      throw e;
    }
    if (addresses[rank] != null) {
      throw new OwlException(Fault.CONFLICT, "rank", rank + " is there already");
    }
    addresses[rank] = request.getAddress();
    beats.put(rank, System.nanoTime());
    completeIfWhole();
  }

  private void completeIfWhole() {
    List<String> known = new ArrayList<>();
    for (String address : addresses) {
      if (address == null) {
        return;
      }
      known.add(address);
    }
    // Who came early has waited in silence.
    beats.replaceAll((_, _) -> System.nanoTime());
    all.complete(known);
  }

  /** The addresses of all workers, once they are there. */
  List<String> awaitAll(Duration patience) {
    try {
      return all.get(patience.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof OwlException ours
          ? ours
          : new OwlException(Fault.INTERNAL, "", "no group", e);
    } catch (TimeoutException e) {
      throw new OwlException(
          Fault.UNAVAILABLE,
          "workers",
          "after %d s only %d of %d are there"
              .formatted(patience.toSeconds(), beats.size() + 1, place.size()),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new OwlException(Fault.CANCELLED, "", "interrupted", e);
    }
  }

  @Override
  public void put(PutRequest request, StreamObserver<PutResponse> response) {
    Responses.unary(
        response,
        () -> {
          requireOurs(request.getJob());
          inbox.put(request);
          return PutResponse.getDefaultInstance();
        });
  }

  @Override
  public void beat(BeatRequest request, StreamObserver<BeatResponse> response) {
    String broken = inbox.broken();
    if (broken != null && !left) {
      response.onError(Status.ABORTED.withDescription(broken).asRuntimeException());
      return;
    }
    Responses.unary(
        response,
        () -> {
          requireOurs(request.getJob());
          beats.computeIfPresent(request.getRank(), (_, _) -> System.nanoTime());
          return BeatResponse.getDefaultInstance();
        });
  }

  /** Breaks the group if a worker has been silent for too long. */
  void requireBeats() {
    long now = System.nanoTime();
    beats.forEach((rank, heard) -> {
      if (now - heard > GrpcGroup.SILENCE.toNanos()) {
        inbox.breakUp(
            "worker %d has been silent for %d s"
                .formatted(rank, TimeUnit.NANOSECONDS.toSeconds(now - heard)));
      }
    });
  }

  /** This worker is done, or gives up. */
  void leave() {
    left = inbox.broken() == null;
  }
}
