// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import java.time.Duration;

/**
 * When a service that died is started again.
 *
 * @param first wait after the first death; each further one in a row doubles it
 * @param longest wait at most
 * @param tries restarts in a row before the service is given up
 * @param stable a service that ran this long has recovered: its next death is a first one
 */
public record RestartPolicy(Duration first, Duration longest, int tries, Duration stable) {
  /** Gives up after two minutes of nothing but deaths. */
  public static final RestartPolicy DEFAULT =
      new RestartPolicy(Duration.ofSeconds(1), Duration.ofSeconds(60), 8, Duration.ofSeconds(60));

  /** How long to wait after so many deaths in a row, 1 or more. */
  Duration delay(int deaths) {
    int doublings = Math.min(deaths - 1, 30);
    Duration wait = first.multipliedBy(1L << doublings);
    return wait.compareTo(longest) > 0 ? longest : wait;
  }
}
