// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import io.owlmesh.orchestrator.mesh.CallCounts.Latency;
import io.owlmesh.proto.mesh.v1.Condition;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.jboss.logging.Logger;

/**
 * Ejects replicas that are slow beside their peers, by the time to each of their latest first
 * results: beside what was to be expected by what they told, where the peers come closer to it, or
 * beside the peers' time for as much work where they told nothing; so one that is merely small is
 * not, nor one that was slow once. At most one in three of a stage are out at a time, and never the
 * last one. Those that fail are ejected by their breakers; these, too, lead back through trials.
 */
final class OutlierEjection {
  private static final Logger LOG = Logger.getLogger(OutlierEjection.class);

  /** Times what peers take. */
  private static final double MAX_OF_PEERS = 4;

  /** Times what was expected: that comes from what a replica told last, which may be old. */
  private static final double MAX_OF_EXPECTED = 2;

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
    OptionalInt late = late(serving.stream().map(one -> one.counts.expected()).toList());
    if (late.isEmpty()) {
      late = slow(serving.stream().map(one -> one.counts.unexpected()).toList());
    }
    late.ifPresent(at -> eject(serving.get(at)));
  }

  /**
   * The first of these replicas that is far later than was expected, where its peers are not.
   *
   * @param all of each replica the latest results; of one that is not known, none
   */
  static OptionalInt late(List<List<Latency>> all) {
    return first(
        all,
        result -> Math.max(result.seconds() - result.expected(), 0),
        (result, lateness) -> MAX_OF_EXPECTED * result.expected() + MAX_OF_PEERS * lateness);
  }

  /** The first that takes far longer than its peers for as much work. */
  static OptionalInt slow(List<List<Latency>> all) {
    return first(
        all,
        result -> result.seconds() / result.expected(),
        (result, rate) -> MAX_OF_PEERS * result.expected() * rate);
  }

  /**
   * The first of which each result took longer than it may.
   *
   * @param measure what is typical for a peer
   * @param limit what a result may take, given that
   */
  private static OptionalInt first(
      List<List<Latency>> all, ToDoubleFunction<Latency> measure, Limit limit) {
    return IntStream.range(0, all.size())
        .filter(at -> {
          double[] peers =
              IntStream.range(0, all.size())
                  .filter(other -> other != at && !all.get(other).isEmpty())
                  .mapToDouble(other -> median(all.get(other).stream().mapToDouble(measure)))
                  .toArray();
          if (all.get(at).isEmpty() || peers.length == 0) {
            return false;
          }
          double typical = median(DoubleStream.of(peers));
          return all.get(at).stream()
              .allMatch(result ->
                  result.seconds() > Math.max(limit.seconds(result, typical), LEAST_SECONDS));
        })
        .findFirst();
  }

  private interface Limit {
    double seconds(Latency result, double typical);
  }

  private static double median(DoubleStream values) {
    double[] sorted = values.sorted().toArray();
    return sorted[(sorted.length - 1) / 2];
  }

  private static void eject(Replica slow) {
    long times = Math.min(slow.counts.ejections() + 1, MAX_TIMES);
    LOG.warnf(
        "The %s stage at %s is slow beside the others, and is ejected for %d s",
        slow.stage().label(), slow.address(), times * FIRST_TIME.toSeconds());
    slow.breaker().transitionToOpenStateFor(FIRST_TIME.multipliedBy(times));
  }
}
