// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Ends the processes of a mesh. */
public final class MeshStopper {
  private static final Duration POLL = Duration.ofMillis(20);

  private MeshStopper() {}

  /**
   * Asks each process to end, and ends it by force after {@code grace}. The front door goes first,
   * so that answers in flight still find the stages they need.
   *
   * @param services the front door first
   * @return names of those that had to be killed
   */
  public static List<String> stop(List<RunningService> services, Duration grace)
      throws InterruptedException {
    if (services.isEmpty()) {
      return List.of();
    }
    List<String> killed = new ArrayList<>(stopTogether(services.subList(0, 1), grace));
    killed.addAll(stopTogether(services.subList(1, services.size()), grace));
    return killed;
  }

  private static List<String> stopTogether(List<RunningService> services, Duration grace)
      throws InterruptedException {
    services.forEach(service -> service.process().ifPresent(ProcessHandle::destroy));
    List<RunningService> left = awaitEnd(services, grace);
    left.forEach(service -> service.process().ifPresent(ProcessHandle::destroyForcibly));
    awaitEnd(left, grace);
    return left.stream().map(RunningService::name).toList();
  }

  /** Those that still run when the time is up. */
  private static List<RunningService> awaitEnd(List<RunningService> services, Duration limit)
      throws InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    List<RunningService> left = services.stream().filter(RunningService::alive).toList();
    while (!left.isEmpty() && System.nanoTime() < end) {
      Thread.sleep(POLL);
      left = left.stream().filter(RunningService::alive).toList();
    }
    return left;
  }
}
