// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Notices that somebody who is waited for has done nothing for too long. */
final class Inactivity implements AutoCloseable {
  private static final long MAX_PERIOD_MILLIS = 1_000;
  private static final ScheduledExecutorService CLOCK =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("stage-timeouts").daemon(true).factory());

  /**
   * A wait that goes on.
   *
   * @param since as {@link System#nanoTime} tells it
   */
  private record Wait(long since, Duration limit) {}

  private final ScheduledFuture<?> check;
  private final Consumer<Duration> late;
  private volatile @Nullable Wait wait;

  /**
   * @param least shortest time that will be waited for
   * @param late told the time that passed, on a thread that must not wait
   */
  Inactivity(Duration least, Consumer<Duration> late) {
    this.late = late;
    long period = Math.clamp(least.toMillis() / 8, 1, MAX_PERIOD_MILLIS);
    check = CLOCK.scheduleWithFixedDelay(this::check, period, period, TimeUnit.MILLISECONDS);
  }

  private void check() {
    Wait now = wait;
    if (now != null && System.nanoTime() - now.since() > now.limit().toNanos()) {
      close();
      late.accept(now.limit());
    }
  }

  /** From now on, something is to happen within a time. */
  void await(Duration limit) {
    wait = new Wait(System.nanoTime(), limit);
  }

  /** Nobody waits. */
  void pause() {
    wait = null;
  }

  @Override
  public void close() {
    check.cancel(false);
  }
}
