// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

import io.grpc.Context;
import io.grpc.Deadline;
import java.util.concurrent.TimeUnit;

/** Deadlines of calls, as the engine counts time. */
public final class Deadlines {
  private Deadlines() {}

  /**
   * When the current call ends.
   *
   * @return {@link System#nanoTime}, or {@link Long#MAX_VALUE} if the caller set no deadline
   */
  public static long nanoTime() {
    Deadline deadline = Context.current().getDeadline();
    return deadline == null
        ? Long.MAX_VALUE
        : System.nanoTime() + deadline.timeRemaining(TimeUnit.NANOSECONDS);
  }
}
