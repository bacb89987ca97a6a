// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Something that callers share. The last eighth is kept for those who hold less than half, so that
 * one caller never takes all of it.
 */
final class Shares {
  private final long all;
  private final Map<String, Long> held = new HashMap<>();
  private long taken;

  Shares(long all) {
    this.all = all;
  }

  /**
   * Takes some.
   *
   * @param caller who takes it; empty for callers of whom nothing is known
   * @return gives it back, once; nothing if there is not so much left for this caller
   */
  synchronized Optional<Runnable> take(String caller, long amount) {
    long own = held.getOrDefault(caller, 0L) + amount;
    boolean greedy = !caller.isEmpty() && own > amount && own > all / 2;
    if (amount > all - taken - (greedy ? all / 8 : 0)) {
      return Optional.empty();
    }
    taken += amount;
    held.put(caller, own);
    return Optional.of(() -> giveBack(caller, amount));
  }

  private synchronized void giveBack(String caller, long amount) {
    taken -= amount;
    held.computeIfPresent(caller, (_, own) -> own > amount ? own - amount : null);
  }

  synchronized long taken() {
    return taken;
  }
}
