// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.grpc.Channel;
import io.owlmesh.orchestrator.mesh.placement.Choice;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** A call that has its place in a replica, from the choice to the end, which is told once. */
public final class PlacedCall {
  private final Replica replica;
  private final StageWork work;
  private final Choice choice;
  private final int cached;
  private final long placedAt = System.nanoTime();
  private volatile long askedAt = placedAt;
  private final AtomicBoolean over = new AtomicBoolean();
  private volatile boolean responded;
  private volatile Consumer<StageFailure> onLost = _ -> {};

  PlacedCall(Replica replica, StageWork work, Choice choice, int cached) {
    this.replica = replica;
    this.work = work;
    this.choice = choice;
    this.cached = cached;
  }

  public Replica replica() {
    return replica;
  }

  /** For the calls of this work, in its trace. */
  public Channel channel() {
    return replica.traced();
  }

  public Choice choice() {
    return choice;
  }

  /** Of the prompt, positions that are in the replica's cache. */
  public int cached() {
    return cached;
  }

  /** When it was placed, {@link System#nanoTime}. */
  public long placedAt() {
    return placedAt;
  }

  /** When all that it needs for its first result was sent, {@link System#nanoTime}. */
  public long askedAt() {
    return askedAt;
  }

  int positions() {
    return work.positions();
  }

  int units() {
    return work.units();
  }

  /** Whether the replica knew nothing of it at a moment. */
  boolean isUnknown(long knownAt) {
    return placedAt - knownAt > 0;
  }

  /** Positions that it has to read before its first token and knew nothing of at a moment. */
  long unread(long knownAt) {
    return responded || !isUnknown(knownAt) ? 0 : Math.max(positions() - cached, 1);
  }

  /** Runs something if the replica turns out to be silent in every way. */
  public void onLost(Consumer<StageFailure> then) {
    onLost = then;
  }

  void lose(String why) {
    onLost.accept(StageFailure.lost(replica.stage(), why));
  }

  /** All that it needs for its first result is sent. */
  public void asked() {
    askedAt = System.nanoTime();
  }

  /** The first result is there. */
  public void responded() {
    if (!responded) {
      responded = true;
      if (Double.isNaN(choice.expectedSeconds())) {
        replica.counts.respondedUnexpectedly(seconds(), Math.max(positions() - cached, 1));
      } else {
        replica.counts.responded(seconds(), choice.expectedSeconds());
      }
    }
  }

  private double seconds() {
    return (System.nanoTime() - askedAt) / 1e9;
  }

  /** All went well. */
  public void succeeded() {
    if (over.compareAndSet(false, true)) {
      double seconds = seconds();
      replica.counts.took(seconds);
      replica.counts.read(work.names());
      replica.breaker().onSuccess((long) (seconds * 1e9), TimeUnit.NANOSECONDS);
      replica.leave(this);
    }
  }

  /** It ended badly; whose fault that is decides what follows for the replica. */
  public void failed(StageFailure failure) {
    if (!over.compareAndSet(false, true)) {
      return;
    }
    CircuitBreaker breaker = replica.breaker();
    if (failure.isDraining()) {
      replica.serving(false);
      breaker.releasePermission();
    } else if (failure.isOutage(replica.stage())) {
      replica.counts.failed();
      breaker.onError(System.nanoTime() - placedAt, TimeUnit.NANOSECONDS, failure);
    } else if (failure.isAnswer(replica.stage())) {
      breaker.onSuccess(System.nanoTime() - placedAt, TimeUnit.NANOSECONDS);
    } else {
      breaker.releasePermission();
    }
    replica.leave(this);
  }

  /** What failed here went well elsewhere: then it was the fault of this replica after all. */
  public void blame(StageFailure failure) {
    replica.counts.failed();
    if (replica.breaker().tryAcquirePermission()) {
      replica.breaker().onError(0, TimeUnit.NANOSECONDS, failure);
    }
  }

  /** It is tried again elsewhere. */
  public void failedOver() {
    replica.counts.failedOver();
  }

  /** What it was writing goes on elsewhere. */
  public void moved() {
    replica.counts.moved();
  }

  /** Nobody wants its result any more. */
  public void abandoned() {
    if (over.compareAndSet(false, true)) {
      replica.breaker().releasePermission();
      replica.leave(this);
    }
  }
}
