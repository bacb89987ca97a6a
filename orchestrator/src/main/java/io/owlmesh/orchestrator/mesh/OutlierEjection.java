// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import io.owlmesh.proto.mesh.v1.Condition;
import java.time.Duration;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * Ejects replicas that are slow beside their peers: by time over what was to be expected by what
 * they told, or by time for as much work where they told nothing, so that one that is merely small
 * is not. At most one in three of a stage are out at a time, and never the last one. Those that
 * fail are ejected by their breakers; these, too, lead back through trials.
 */
final class OutlierEjection {
  private static final Logger LOG = Logger.getLogger(OutlierEjection.class);
  private static final int MIN_SAMPLES = 5;
  private static final double MAX_RATIO = 4;

  /** Below this, nobody waits. */
  private static final double LEAST_SECONDS = 0.25;

  private static final Duration FIRST_TIME = Duration.ofSeconds(10);
  private static final int MAX_TIMES = 6;

  private OutlierEjection() {}

  /** Looks at the replicas of one stage, and ejects at most one. */
  static void look(ReplicaSet stage) {
    List<Replica> serving =
        stage.replicas().stream()
            .filter(replica -> replica.status().condition() == Condition.CONDITION_SERVING)
            .toList();
    long out =
        stage.replicas().stream()
            .filter(replica -> replica.status().condition() == Condition.CONDITION_EJECTED)
            .count();
    if (serving.size() < 2 || out + 1 > Math.max((serving.size() + out) / 3, 1)) {
      return;
    }
    List<Replica> measured =
        serving.stream().filter(one -> one.counts.samples() >= MIN_SAMPLES).toList();
    for (Replica one : measured) {
      double[] peers =
          measured.stream()
              .filter(other -> other != one)
              .mapToDouble(other -> other.counts.slowness())
              .sorted()
              .toArray();
      if (peers.length > 0
          && one.counts.firstSeconds() > LEAST_SECONDS
          && one.counts.slowness() > MAX_RATIO * peers[(peers.length - 1) / 2]) {
        eject(one);
        return;
      }
    }
  }

  private static void eject(Replica slow) {
    long times = Math.min(slow.counts.ejections() + 1, MAX_TIMES);
    LOG.warnf(
        "The %s stage at %s is slow beside the others, and is ejected for %d s",
        slow.stage().label(), slow.address(), times * FIRST_TIME.toSeconds());
    slow.breaker().transitionToOpenStateFor(FIRST_TIME.multipliedBy(times));
  }
}
