// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.grpc.inprocess.InProcessSocketAddress;
import jakarta.inject.Singleton;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The calls that a process has in work, so that it can stop without losing one: it refuses what is
 * new, waits for what runs, and ends the rest. Calls that only ask how it is are not among them.
 */
@Singleton
public class RunningCalls {
  private static final Status REFUSED =
      Status.UNAVAILABLE.withDescription("draining: this replica takes no new work");
  private static final Status ENDED = Status.UNAVAILABLE.withDescription("draining");

  private final Set<Endable> running = new HashSet<>();
  private boolean draining;

  /** A call that may be ended at any time, whatever its service does. */
  interface Endable {
    /** Ends it, unless it has ended. */
    void refuse(Status status, Metadata trailers);
  }

  /** Whether a call begins; {@link #leave} is owed then. Else it has been ended. */
  boolean enter(Endable call, ServerCall<?, ?> from) {
    synchronized (this) {
      if (!draining || isOfThisProcess(from)) {
        running.add(call);
        return true;
      }
    }
    call.refuse(REFUSED, new Metadata());
    return false;
  }

  /** Whoever asks from within this process has work that began before. */
  private static boolean isOfThisProcess(ServerCall<?, ?> call) {
    return call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR)
        instanceof InProcessSocketAddress;
  }

  synchronized void leave(Endable call) {
    if (running.remove(call) && running.isEmpty()) {
      notifyAll();
    }
  }

  /** Refuses what is new from now on. */
  public synchronized void drain() {
    draining = true;
  }

  /**
   * Waits until nothing runs.
   *
   * @return whether nothing does
   */
  public synchronized boolean awaitNone(long nanos) throws InterruptedException {
    long end = System.nanoTime() + nanos;
    for (long left = nanos; !running.isEmpty() && left > 0; left = end - System.nanoTime()) {
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
    return running.isEmpty();
  }

  /** Ends what still runs. */
  public void end() {
    List<Endable> left;
    synchronized (this) {
      left = List.copyOf(running);
    }
    left.forEach(call -> call.refuse(ENDED, new Metadata()));
  }
}
