// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.placement;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The one that is expected to give the first token soonest: positions that wait there and those of
 * this prompt that its cache lacks, over the rate at which it reads. To that comes what reading it
 * anew costs others: a server that is busy for a share u of its time delays, for each second of
 * more work, those who come later by u / (1 - u) seconds in all (Pollaczek and Khinchine's queue).
 * So dialogues stay where they are cached, and leave a replica that gets too many. No replica is
 * given more than half above its share, by rate, of what is in work: beyond that the next best
 * takes this one prompt, and the beginning that many prompts share stays where it is. A replica
 * that is slower than others and idle is believed for a while only: one whose first prompt, or one
 * moment of a busy machine, made it seem slow would never be asked again.
 */
public final class ExpectedTime implements Placement {
  private static final double BOUND = 1.5;

  /** So few answers bury no replica; among few, one would already be above its share. */
  private static final double LEAST = 4;

  /** In which the distance of an idle replica's rate to that of the others fades to 1/e. */
  private static final double MEMORY_SECONDS = 20;

  /** Of that distance: of replicas that are all idle, the fast one is the best to ask. */
  private static final double ALWAYS_BELIEVED = 0.02;

  /** Where nobody told: positions a second. */
  private static final double USUAL_RATE = 1_000;

  /** Above this, queues are not to be foretold. */
  private static final double MOST_BUSY = 0.95;

  /** Each answer in work holds up the next one at least so long. */
  private static final double COMPANY_SECONDS = 0.0005;

  @Override
  public Choice choose(List<Candidate> candidates, Work work) {
    double usual =
        candidates.stream()
            .mapToDouble(Candidate::rate)
            .filter(rate -> rate > 0)
            .average()
            .orElse(USUAL_RATE);
    double[] speeds = candidates.stream().mapToDouble(c -> speed(c, usual, candidates)).toArray();
    double allSpeed = Arrays.stream(speeds).sum();
    long total = candidates.stream().mapToLong(Candidate::outstanding).sum() + 1;
    String[] told = new String[candidates.size()];
    int best = -1;
    int bounded = -1;
    double[] seconds = new double[candidates.size()];
    double[] costs = new double[candidates.size()];
    int first = ThreadLocalRandom.current().nextInt(candidates.size());
    for (int i = 0; i < candidates.size(); i++) {
      int at = (first + i) % candidates.size();
      Candidate candidate = candidates.get(at);
      double speed = speeds[at];
      int uncached = Math.max(work.positions() - candidate.cached(), 1);
      double company =
          COMPANY_SECONDS * candidate.outstanding() * allSpeed / (speed * candidates.size());
      seconds[at] = (candidate.waiting() + uncached) / speed + candidate.queueSeconds() + company;
      double busy = Math.min(candidate.utilization(), MOST_BUSY);
      costs[at] = seconds[at] + uncached / speed * busy / (1 - busy);
      double most = Math.max(LEAST, 1 + BOUND * total * speed / allSpeed);
      boolean over = candidate.outstanding() + 1 > most;
      told[at] = told(candidate, seconds[at], over);
      if (best < 0 || costs[at] < costs[best]) {
        best = at;
      }
      if (!over && (bounded < 0 || costs[at] < costs[bounded])) {
        bounded = at;
      }
    }
    int chosen = bounded < 0 ? best : bounded;
    return new Choice(
        chosen,
        reason(candidates.get(chosen), chosen != best),
        seconds[chosen],
        Arrays.asList(told));
  }

  private static double speed(Candidate candidate, double usual, List<Candidate> all) {
    double rate = candidate.rate() > 0 ? candidate.rate() : usual;
    if (rate < usual && candidate.idleSeconds() > 0) {
      double others =
          all.stream()
              .filter(other -> !other.equals(candidate))
              .mapToDouble(Candidate::rate)
              .filter(other -> other > 0)
              .average()
              .orElse(usual);
      double believed =
          Math.max(Math.exp(-candidate.idleSeconds() / MEMORY_SECONDS), ALWAYS_BELIEVED);
      rate = others * Math.pow(rate / others, believed);
    }
    return rate * candidate.warmth();
  }

  private static String reason(Candidate chosen, boolean nextBest) {
    if (!chosen.known()) {
      return "least outstanding";
    }
    if (nextBest) {
      return "next best";
    }
    return chosen.cached() > 0 ? "cached beginning" : "least time";
  }

  private static String told(Candidate candidate, double seconds, boolean over) {
    return String.format(
        Locale.ROOT,
        "%.1f ms, %d waiting, %d cached, %d in work%s",
        seconds * 1e3,
        candidate.waiting(),
        candidate.cached(),
        candidate.outstanding(),
        over ? ", over its share" : "");
  }
}
