// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import com.google.protobuf.ByteString;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.stage.v1.AdapterVersion;
import io.owlmesh.proto.stage.v1.Load;
import io.owlmesh.proto.stage.v1.PrefixChain;
import io.owlmesh.proto.stage.v1.ReplicaState;
import io.owlmesh.proto.stage.v1.WatchResponse;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a replica told of itself, added up from its reports. It is believed within bounds, and for
 * three seconds.
 */
final class ReplicaReport {
  /** How long a load that was told is believed. */
  static final long FRESH_NANOS = 3_000_000_000L;

  private static final int MAX_KEPT = 16_384;
  private static final int MAX_IN_REPORT = 1_024;
  private static final int MAX_PIECES = 64;
  private static final int MAX_NAME = 32;
  private static final int MAX_ADAPTERS = 1_024;
  private static final long MAX_COUNT = 1_000_000_000;
  private static final double MAX_RATE = 1e9;

  private final Map<ByteString, Integer> chains = new HashMap<>();
  private final Set<ByteString> images = new HashSet<>();
  private Map<String, String> adapters = Map.of();
  private boolean adaptersTold;
  private Load load = Load.getDefaultInstance();
  private ReplicaState state = ReplicaState.REPLICA_STATE_UNSPECIFIED;
  private String instance = "";
  private long heardAt;
  private boolean heard;
  private boolean inSnapshot;
  private int pieces;

  /**
   * Takes a report in.
   *
   * @param now as {@link System#nanoTime} tells it
   * @return whether it comes from another process than the one before
   * @throws OwlException BAD_INPUT naming what cannot be; then all that was told is forgotten
   */
  synchronized boolean take(WatchResponse report, long now) {
    try {
      check(report);
      return merge(report, now);
    } catch (OwlException e) {
      forget();
      throw e;
    }
  }

  private boolean merge(WatchResponse report, long now) {
    boolean other = !instance.isEmpty() && !instance.equals(report.getInstance());
    if (report.getSnapshot()) {
      chains.clear();
      images.clear();
      inSnapshot = true;
      pieces = 0;
    }
    if (inSnapshot && ++pieces > MAX_PIECES) {
      throw OwlException.badInput("more", "a snapshot of more than " + MAX_PIECES + " reports");
    }
    report.getChainsLostList().forEach(chains::remove);
    report.getImagesLostList().forEach(images::remove);
    for (PrefixChain chain : report.getChainsGainedList()) {
      chains.put(chain.getName(), chain.getPositions());
    }
    images.addAll(report.getImagesGainedList());
    requireAtMost("chains_gained", chains.size(), MAX_KEPT);
    requireAtMost("images_gained", images.size(), MAX_KEPT);
    inSnapshot = inSnapshot && report.getMore();
    if (report.hasAdapters()) {
      Map<String, String> told = new HashMap<>();
      for (AdapterVersion adapter : report.getAdapters().getAdaptersList()) {
        told.put(adapter.getName(), adapter.getDigest());
      }
      adapters = Map.copyOf(told);
      adaptersTold = true;
    }
    load = report.getLoad();
    state = report.getState();
    instance = report.getInstance();
    heard = true;
    heardAt = now;
    return other;
  }

  private static void check(WatchResponse report) {
    requireAtMost("chains_gained", report.getChainsGainedCount(), MAX_IN_REPORT);
    requireAtMost("images_gained", report.getImagesGainedCount(), MAX_IN_REPORT);
    requireAtMost("adapters", report.getAdapters().getAdaptersCount(), MAX_ADAPTERS);
    for (PrefixChain chain : report.getChainsGainedList()) {
      requireName("chains_gained", chain.getName());
      require("chains_gained.positions", chain.getPositions());
    }
    report.getImagesGainedList().forEach(name -> requireName("images_gained", name));
    Load load = report.getLoad();
    for (long count :
        List.of(
            (long) load.getWaiting(),
            (long) load.getRunning(),
            load.getWaitingPositions(),
            load.getRunningPositions(),
            (long) load.getMaxRunning(),
            (long) load.getFreeBlocks(),
            (long) load.getBlocks())) {
      require("load", count);
    }
    for (double rate : List.of(load.getPrefillRate(), load.getDecodeRate())) {
      if (!(rate >= 0 && rate <= MAX_RATE)) {
        throw OwlException.badInput("load", "a rate of " + rate);
      }
    }
  }

  private static void require(String field, long count) {
    if (count < 0 || count > MAX_COUNT) {
      throw OwlException.badInput(field, count + " is not from 0 to " + MAX_COUNT);
    }
  }

  private static void requireAtMost(String field, int count, int most) {
    if (count > most) {
      throw OwlException.badInput(field, "%d of at most %d".formatted(count, most));
    }
  }

  private static void requireName(String field, ByteString name) {
    if (name.isEmpty() || name.size() > MAX_NAME) {
      throw OwlException.badInput(
          field, "a name of %d bytes, 1 to %d are allowed".formatted(name.size(), MAX_NAME));
    }
  }

  /** Nothing is told any more, or what was told is not believed. */
  synchronized void forget() {
    chains.clear();
    images.clear();
    load = Load.getDefaultInstance();
    state = ReplicaState.REPLICA_STATE_UNSPECIFIED;
    heard = false;
  }

  /** Whether it was heard of, and when: {@link System#nanoTime}. */
  synchronized Optional<Long> heardAt() {
    return heard ? Optional.of(heardAt) : Optional.empty();
  }

  /** What there is to do, if that was told lately. */
  synchronized Optional<Load> load(long now) {
    return heard && now - heardAt <= FRESH_NANOS ? Optional.of(load) : Optional.empty();
  }

  /** Unspecified if nothing was told. */
  synchronized ReplicaState state() {
    return state;
  }

  /** Positions of the longest of these beginnings that is in the cache; 0 if none is. */
  synchronized int cached(List<ByteString> beginnings) {
    int most = 0;
    for (ByteString name : beginnings) {
      most = Math.max(most, chains.getOrDefault(name, 0));
    }
    return most;
  }

  synchronized boolean holds(ByteString image) {
    return images.contains(image);
  }

  /** A picture's tokens turned out not to be kept. */
  synchronized void lost(ByteString image) {
    images.remove(image);
  }

  /** Digests by name, if they were told. */
  synchronized Optional<Map<String, String>> adapters() {
    return adaptersTold ? Optional.of(adapters) : Optional.empty();
  }

  synchronized int chains() {
    return chains.size();
  }

  synchronized int images() {
    return images.size();
  }
}
