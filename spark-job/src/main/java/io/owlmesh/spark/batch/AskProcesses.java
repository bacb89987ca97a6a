// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.spark.batch;

import io.owlmesh.spark.batch.BatchSettings.Call;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * Processes of this executor that have nothing to do: the next task goes on with one, and need not
 * wait for another to begin. None is used for longer than a minute, so that weights that change
 * meanwhile are noticed.
 */
final class AskProcesses {
  private static final long LONGEST_NANOS = 60_000_000_000L;

  private static final AskProcesses HERE = new AskProcesses();

  private record Idle(Call call, String model, AskProcess process) {}

  private final Deque<Idle> idle = new ArrayDeque<>();

  private AskProcesses() {
    Runtime.getRuntime().addShutdownHook(new Thread(this::close, "end of processes"));
  }

  static AskProcesses here() {
    return HERE;
  }

  /**
   * One that nobody uses, or a new one.
   *
   * @param model that must answer
   * @throws IllegalStateException if another does, or with the process's own words if it ended
   */
  AskProcess take(Call call, String model) throws IOException {
    AskProcess waiting = waiting(call, model);
    if (waiting != null) {
      return waiting;
    }
    AskProcess process = new AskProcess(call);
    try {
      process.requireModel(model);
      return process;
    } catch (RuntimeException e) {
      process.close();
      throw e;
    }
  }

  private synchronized @Nullable AskProcess waiting(Call call, String model) {
    Iterator<Idle> all = idle.iterator();
    AskProcess found = null;
    while (all.hasNext()) {
      Idle one = all.next();
      boolean usable = one.process().isAlive() && one.process().age() < LONGEST_NANOS;
      boolean ours = one.call().equals(call) && one.model().equals(model);
      if (!usable || (found == null && ours)) {
        all.remove();
      }
      if (!usable) {
        one.process().close();
      } else if (found == null && ours) {
        found = one.process();
      }
    }
    return found;
  }

  /** Nobody uses it any more, and all that it was asked has come back. */
  synchronized void giveBack(Call call, String model, AskProcess process) {
    idle.add(new Idle(call, model, process));
  }

  /** Ends those that nobody uses. */
  private synchronized void close() {
    idle.forEach(one -> one.process().close());
    idle.clear();
  }
}
