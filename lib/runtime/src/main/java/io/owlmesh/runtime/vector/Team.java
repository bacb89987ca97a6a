// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.vector;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Threads that share out the pieces of one piece of work after the other. Between two of them they
 * spin for some microseconds before they sleep: a step has a hundred, and waking up takes as long
 * as a small one. Used by one thread at a time, which works, too.
 */
public final class Team implements AutoCloseable {
  // About 50 microseconds.
  private static final int SPINS = 2_000;
  private static final long NAP_NANOS = 10_000;

  private final List<Worker> workers = new ArrayList<>();
  private volatile Job job = new Job(0, _ -> {});
  private volatile boolean closed;

  /** One piece of the work. */
  @FunctionalInterface
  public interface Work {
    /** Does the piece of this number. */
    void run(int piece);
  }

  private static final class Job {
    private final int pieces;
    private final Work work;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger left;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    Job(int pieces, Work work) {
      this.pieces = pieces;
      this.work = work;
      this.left = new AtomicInteger(pieces);
    }

    void help() {
      for (int i = next.getAndIncrement(); i < pieces; i = next.getAndIncrement()) {
        try {
          work.run(i);
        } catch (RuntimeException | Error e) {
          failure.compareAndSet(null, e);
        } finally {
          left.decrementAndGet();
        }
      }
    }
  }

  private final class Worker implements Runnable {
    private final Thread thread = Thread.ofPlatform().daemon().name("owl-rows").unstarted(this);
    private volatile boolean asleep;

    @Override
    public void run() {
      Job last = job;
      while (!closed) {
        Job now = await(last);
        now.help();
        last = now;
      }
    }

    private Job await(Job last) {
      for (int i = 0; i < SPINS && job == last && !closed; i++) {
        Thread.onSpinWait();
      }
      while (job == last && !closed) {
        asleep = true;
        // Looked at again after saying so: whoever brings work looks whether one sleeps.
        if (job == last && !closed) {
          LockSupport.park(Team.this);
        }
        asleep = false;
      }
      return job;
    }

    void wake() {
      if (asleep) {
        LockSupport.unpark(thread);
      }
    }
  }

  /**
   * @param threads that work, with the caller's
   */
  public Team(int threads) {
    for (int i = 1; i < threads; i++) {
      workers.add(new Worker());
    }
    workers.forEach(worker -> worker.thread.start());
  }

  /** Does all pieces, in any order; throws what one of them threw. */
  public void run(int pieces, Work work) {
    if (workers.isEmpty() || pieces == 1) {
      for (int i = 0; i < pieces; i++) {
        work.run(i);
      }
      return;
    }
    Job now = new Job(pieces, work);
    job = now;
    workers.forEach(Worker::wake);
    now.help();
    for (int i = 0; now.left.get() > 0; i++) {
      if (i < SPINS) {
        Thread.onSpinWait();
      } else {
        LockSupport.parkNanos(this, NAP_NANOS); // Somebody else has the worker's core.
      }
    }
    Throwable failure = now.failure.get();
    if (failure instanceof Error error) {
      throw error;
    }
    if (failure instanceof RuntimeException exception) {
      throw exception;
    }
  }

  @Override
  public void close() {
    closed = true;
    workers.forEach(worker -> LockSupport.unpark(worker.thread));
  }
}
