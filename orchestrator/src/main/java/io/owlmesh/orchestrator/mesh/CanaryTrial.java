// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import io.owlmesh.orchestrator.mesh.MeshInfo.WeightDigests;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How answers of new weights end beside those of the weights in use. */
final class CanaryTrial {
  private static final int ENOUGH = 20;
  private static final double WORSE_PERCENT = 5;

  private Tally stable = new Tally();
  private Tally canary = new Tally();
  private @Nullable WeightDigests tried;

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

  /** Which weights are tried; others begin anew. */
  void of(WeightDigests weights) {
    if (!weights.equals(tried)) {
      tried = weights;
      stable = new Tally();
      canary = new Tally();
    }
  }

  /**
   * An answer ended. One that began before, with weights that are neither those in use nor those
   * that are tried, says nothing.
   *
   * @param usual whether its weights are those in use
   * @return why the trial is over; nothing while it may go on
   */
  Optional<String> ended(WeightDigests weights, boolean usual, boolean failed) {
    if (!usual && !weights.equals(tried)) {
      return Optional.empty();
    }
    (usual ? stable : canary).count(failed);
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
