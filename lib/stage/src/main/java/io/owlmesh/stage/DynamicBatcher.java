// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.stage.v1.Load;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.IntConsumer;

/**
 * The one thread that owns an engine, and the bounded queue before it. The thread takes what has
 * queued, up to a limit, and never waits for more. Cancelled and expired items are dropped when
 * their turn comes.
 *
 * @param <I> what is computed from
 * @param <O> what is computed
 */
public final class DynamicBatcher<I, O> implements AutoCloseable {
  private final String name;
  private final int maxBatch;
  private final int capacity;
  private final Function<List<I>, List<O>> work;
  private final BlockingQueue<Job<I, O>> queue;
  private final Thread owner;
  private volatile boolean closing;
  private final RecentRate rate = new RecentRate();
  private volatile int running;
  private volatile IntConsumer listener = _ -> {};
  private volatile BatchCounts done = new BatchCounts(0, 0, 0); // Written by the owner alone.

  private record Job<I, O>(
      I item, long submitted, long deadline, CompletableFuture<Done<O>> result) {}

  /**
   * What became of an item.
   *
   * @param queueNanos from submission until its batch began
   * @param computeNanos of the whole batch
   * @param batch number of the batch, counted from 1
   * @param batchSize items computed together
   */
  public record Done<O>(O value, long queueNanos, long computeNanos, long batch, int batchSize) {}

  /**
   * Starts the thread.
   *
   * @param maxBatch items of one call of work at most
   * @param capacity items that may wait
   * @param work computes one result for each item, in their order; on the owner thread alone
   */
  public DynamicBatcher(String name, int maxBatch, int capacity, Function<List<I>, List<O>> work) {
    this.name = name;
    this.maxBatch = maxBatch;
    this.capacity = capacity;
    this.work = work;
    this.queue = new ArrayBlockingQueue<>(capacity);
    this.owner = Thread.ofPlatform().name(name + "-engine").daemon(true).start(this::run);
  }

  /**
   * Queues an item. Cancelling the future drops the item if its turn has not come.
   *
   * @param deadline {@link System#nanoTime} after which nobody wants the result; {@link
   *     Long#MAX_VALUE} for never
   * @throws OwlException SATURATED if the queue is full, UNAVAILABLE if this is closing
   */
  public CompletableFuture<Done<O>> submit(I item, long deadline) {
    if (closing) {
      throw closed();
    }
    CompletableFuture<Done<O>> result = new CompletableFuture<>();
    if (!queue.offer(new Job<>(item, System.nanoTime(), deadline, result))) {
      throw new OwlException(
          Fault.SATURATED, "", "the queue of the " + name + " holds " + capacity + " and is full");
    }
    if (closing) {
      // Closing may have emptied the queue just before the offer.
      failAll(closed());
    }
    return result;
  }

  /** What it has to do now: an item is a position. */
  public Load load() {
    int waiting = queue.size();
    int now = running;
    return Load.newBuilder()
        .setWaiting(waiting)
        .setWaitingPositions(waiting)
        .setRunning(now)
        .setRunningPositions(now)
        .setMaxRunning(maxBatch)
        .setPrefillRate(rate.perSecond())
        .build();
  }

  /** Warm-up is over: how long it took says nothing of the rate to come. */
  public void warmedUp() {
    rate.forget();
  }

  /** What it has computed since its start. */
  public BatchCounts batches() {
    return done;
  }

  /** As {@link StageEngine#onBatch}. */
  public void onBatch(IntConsumer batchListener) {
    listener = batchListener;
  }

  private OwlException closed() {
    return new OwlException(Fault.UNAVAILABLE, "", "the " + name + " is stopping");
  }

  private void run() {
    List<Job<I, O>> batch = new ArrayList<>(maxBatch);
    while (!closing) {
      try {
        batch.add(queue.take());
      } catch (InterruptedException e) {
        return; // Only close() interrupts.
      }
      queue.drainTo(batch, maxBatch - 1);
      batch.removeIf(job -> !wanted(job));
      running = batch.size();
      if (!batch.isEmpty()) {
        compute(batch);
      }
      running = 0;
      batch.clear();
    }
  }

  private boolean wanted(Job<I, O> job) {
    if (job.deadline != Long.MAX_VALUE && System.nanoTime() - job.deadline > 0) {
      job.result.completeExceptionally(
          new OwlException(Fault.TOO_LATE, "", "the deadline passed in the queue of the " + name));
    }
    return !job.result.isDone();
  }

  private void compute(List<Job<I, O>> batch) {
    long begin = System.nanoTime();
    List<O> results;
    try {
      results = work.apply(batch.stream().map(Job::item).toList());
    } catch (Throwable e) {
      // The thread must outlive whatever one batch does, also an OutOfMemoryError.
      batch.forEach(job -> job.result.completeExceptionally(e));
      return;
    }
    long nanos = System.nanoTime() - begin;
    rate.add(batch.size(), nanos);
    BatchCounts counts =
        new BatchCounts(done.batches() + 1, done.items() + batch.size(), done.nanos() + nanos);
    done = counts;
    listener.accept(batch.size());
    for (int i = 0; i < batch.size(); i++) {
      Job<I, O> job = batch.get(i);
      job.result.complete(
          new Done<>(results.get(i), begin - job.submitted, nanos, counts.batches(), batch.size()));
    }
  }

  private void failAll(OwlException reason) {
    List<Job<I, O>> left = new ArrayList<>();
    queue.drainTo(left);
    left.forEach(job -> job.result.completeExceptionally(reason));
  }

  /** Refuses what waits, lets the running batch finish, and ends the thread. */
  @Override
  public void close() {
    closing = true;
    failAll(closed());
    owner.interrupt();
    try {
      owner.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
