// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One process that was started.
 *
 * @param started when the process began, milliseconds of the epoch: with the pid it names one
 *     process for ever, so that a pid given to another program later is never mistaken for ours
 * @param httpPort of the front door alone
 */
public record RunningService(
    String name, long pid, long started, int port, OptionalInt httpPort, Path log) {
  /** Clocks are adjusted, and start times are derived from the time of boot in whole seconds. */
  private static final Duration START_TOLERANCE = Duration.ofSeconds(2);

  static RunningService of(ServicePlan plan, Process process, Path log) {
    long started =
        process.info().startInstant().map(Instant::toEpochMilli).orElse(System.currentTimeMillis());
    return new RunningService(
        plan.name(), process.pid(), started, plan.port(), plan.httpPort(), log);
  }

  /** The process, if it still runs and is the one that was started. */
  public Optional<ProcessHandle> process() {
    return ProcessHandle.of(pid)
        .filter(ProcessHandle::isAlive)
        .filter(this::sameStart)
        .filter(handle -> !isZombie());
  }

  public boolean alive() {
    return process().isPresent();
  }

  public Duration uptime() {
    return Duration.between(Instant.ofEpochMilli(started), Instant.now());
  }

  private boolean sameStart(ProcessHandle handle) {
    return handle
        .info()
        .startInstant()
        .map(begin -> Math.abs(begin.toEpochMilli() - started) <= START_TOLERANCE.toMillis())
        // Without a start time there is nothing to tell two processes apart: rather leave it be.
        .orElse(false);
  }

  /** Ended, but not yet collected by its parent, as happens in containers without an init. */
  private boolean isZombie() {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      // The name in parentheses may hold anything; the state follows its end.
      return stat.startsWith(" Z", stat.lastIndexOf(')') + 1);
    } catch (IOException noProc) {
      return false;
    }
  }
}
