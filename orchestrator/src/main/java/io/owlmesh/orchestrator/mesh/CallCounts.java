// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.google.protobuf.ByteString;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What became of the calls to one replica. */
final class CallCounts {
  private static final double LATEST = 0.2; // Weight of the latest in a running mean.
  private static final int MAX_BEGINNINGS = 4_096;
  private static final int LATENCIES = 5;

  /**
   * When a first result came.
   *
   * @param seconds until then
   * @param expected what was expected, seconds, or how much there was to do
   */
  record Latency(double seconds, double expected) {}

  // What a replica has just read it keeps, though it has not told so yet.
  private final Cache<ByteString, Integer> read =
      Caffeine.newBuilder()
          .maximumSize(MAX_BEGINNINGS)
          .expireAfterWrite(Duration.ofSeconds(2))
          .executor(Runnable::run)
          .build();
  private long calls;
  private long failures;
  private long ejections;
  private long drains;
  private long moved;
  private long failedOver;
  private final Map<String, Long> reasons = new TreeMap<>();
  private double hitShare;
  private double seconds;
  private final Deque<Latency> expected = new ArrayDeque<>(LATENCIES);
  private final Deque<Latency> unexpected = new ArrayDeque<>(LATENCIES);

  synchronized void began(PlacedCall call) {
    calls++;
    reasons.merge(call.choice().reason(), 1L, Long::sum);
    if (call.positions() > 0) {
      double share = Math.min((double) call.cached() / call.positions(), 1);
      hitShare = calls == 1 ? share : mean(hitShare, share);
    }
  }

  /** A whole call took so long. */
  synchronized void took(double time) {
    seconds = seconds == 0 ? time : mean(seconds, time);
  }

  /**
   * The first result came, and it was known when to expect it.
   *
   * @param time until then, seconds
   * @param expectation what was expected, seconds
   */
  synchronized void responded(double time, double expectation) {
    add(expected, new Latency(time, expectation));
  }

  /**
   * The first result came, and nobody knew when to expect it.
   *
   * @param time until then, seconds
   * @param work how much there was to do, positions or pictures
   */
  synchronized void respondedUnexpectedly(double time, int work) {
    add(unexpected, new Latency(time, work));
  }

  private static void add(Deque<Latency> latest, Latency one) {
    if (latest.size() == LATENCIES) {
      latest.removeFirst();
    }
    latest.addLast(one);
  }

  private static double mean(double before, double latest) {
    return before + LATEST * (latest - before);
  }

  synchronized void failed() {
    failures++;
  }

  synchronized void ejected() {
    ejections++;
    expected.clear(); // It is measured anew when it comes back.
    unexpected.clear();
  }

  synchronized void drained() {
    drains++;
  }

  synchronized void moved() {
    moved++;
  }

  /** A prompt was read there just now. */
  void read(PromptNames prompt) {
    for (int i = 0; i < prompt.parts().size(); i++) {
      read.put(prompt.parts().get(i), prompt.positions().get(i));
    }
  }

  /** Positions of the longest of these beginnings that was read there just now. */
  int cached(List<ByteString> beginnings) {
    int most = 0;
    for (ByteString name : beginnings) {
      @Nullable Integer known = read.getIfPresent(name);
      most = Math.max(most, known == null ? 0 : known);
    }
    return most;
  }

  synchronized void failedOver() {
    failedOver++;
  }

  /** Calls that failed here and were made elsewhere. */
  synchronized long failovers() {
    return failedOver;
  }

  /** Calls by the reason that they were placed here for. */
  synchronized Map<String, Long> reasons() {
    return Map.copyOf(reasons);
  }

  synchronized long calls() {
    return calls;
  }

  synchronized long failures() {
    return failures;
  }

  synchronized long ejections() {
    return ejections;
  }

  /** Times that operators took it out. */
  synchronized long drains() {
    return drains;
  }

  synchronized long moves() {
    return moved;
  }

  synchronized double hitPercent() {
    return 100 * hitShare;
  }

  /** Mean time of a whole call, lately. */
  synchronized double meanSeconds() {
    return seconds;
  }

  /** Of the latest first results that were expected at a time; empty until there are five. */
  synchronized List<Latency> expected() {
    return expected.size() < LATENCIES ? List.of() : List.copyOf(expected);
  }

  /** The same of those that nobody could expect at a time: they are measured by the work. */
  synchronized List<Latency> unexpected() {
    return unexpected.size() < LATENCIES ? List.of() : List.copyOf(unexpected);
  }
}
