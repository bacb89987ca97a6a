// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import java.util.Locale;
import java.util.Optional;

/** How answers of new weights end beside those of the weights in use. */
final class CanaryTrial {
  private static final int ENOUGH = 20;
  private static final double WORSE_PERCENT = 5;

  private final Tally stable = new Tally();
  private final Tally canary = new Tally();

  private static final class Tally {
    private long answers;
    private long failures;

    void count(boolean failed) {
      answers++;
      failures += failed ? 1 : 0;
    }

    double percent() {
      return answers == 0 ? 0 : 100.0 * failures / answers;
    }
  }

  /**
   * An answer ended.
   *
   * @return why the trial is over; nothing while it may go on
   */
  Optional<String> ended(boolean ofCanary, boolean failed) {
    (ofCanary ? canary : stable).count(failed);
    if (canary.answers < ENOUGH || canary.percent() <= stable.percent() + WORSE_PERCENT) {
      return Optional.empty();
    }
    return Optional.of(
        String.format(
            Locale.ROOT,
            "of %d answers of the new weights %.1f %% failed, of the others %.1f %%",
            canary.answers,
            canary.percent(),
            stable.percent()));
  }
}
