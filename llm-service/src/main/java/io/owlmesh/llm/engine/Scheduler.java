// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import io.owlmesh.model.Fault;
import io.owlmesh.model.OwlException;
import io.owlmesh.model.language.KeyValueCache;
import io.owlmesh.model.language.LanguageModel;
import io.owlmesh.model.language.Segment;
import io.owlmesh.model.language.StepResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Decides what each step computes: first one position of every answer that is being written, then
 * prompts in pieces, as far as the budget of positions goes; new answers in order of rank as the
 * cache has room. When it has none for an answer that is being written, the last in rank gives its
 * blocks back and is computed again later. Used by one thread.
 */
final class Scheduler {
  private final LanguageModel model;
  private final EngineLimits limits;
  private final KeyValueCache cache;
  private final Blocks blocks;
  private final TreeSet<Live> waiting = new TreeSet<>(Live.RANK);
  private final TreeSet<Live> running = new TreeSet<>(Live.RANK);
  private final EngineCounts counts;

  Scheduler(LanguageModel model, EngineLimits limits, EngineCounts counts) {
    this.model = model;
    this.limits = limits;
    this.counts = counts;
    this.blocks = new Blocks(Math.ceilDiv(limits.cachePositions(), Blocks.SIZE));
    this.cache = model.cache(blocks.count() * Blocks.SIZE);
  }

  Blocks blocks() {
    return blocks;
  }

  /** Whether there is nothing to compute. */
  boolean isIdle() {
    return waiting.isEmpty() && running.isEmpty();
  }

  void add(Live live) {
    waiting.add(live);
  }

  /** A part of a step. */
  private record Share(Live live, int positions) {}

  /**
   * Computes one step.
   *
   * @return whether anything was computed; if not, all readers are slow
   */
  boolean step() {
    long now = System.nanoTime();
    dropUnwanted(waiting, now);
    dropUnwanted(running, now);
    List<Share> shares = new ArrayList<>();
    int budget = limits.stepPositions();
    budget -= decodes(shares, now);
    budget -= prompts(shares, budget);
    admit(shares, budget);
    boolean worked = shares.isEmpty() ? makeRoom(now) : compute(shares);
    counts.state(waiting.size(), running.size(), blocks);
    return worked;
  }

  private void dropUnwanted(Set<Live> from, long now) {
    for (Live live : List.copyOf(from)) {
      RuntimeException why = null;
      if (live.reader().isGone()) {
        why = new OwlException(Fault.CANCELLED, "", "the caller went away");
      } else if (live.request().deadline() != Long.MAX_VALUE
          && now - live.request().deadline() > 0) {
        why = new OwlException(Fault.TOO_LATE, "", "the deadline passed before the answer ended");
      } else if (live.pausedNanos(now) > limits.slowReaderNanos()) {
        why =
            new OwlException(
                Fault.SATURATED, "", "the reader took nothing for too long; the answer is dropped");
      }
      if (why != null) {
        from.remove(live);
        live.fail(why);
      }
    }
  }

  /** One position of each answer that is being written. */
  private int decodes(List<Share> shares, long now) {
    int positions = 0;
    for (Live live : List.copyOf(running)) {
      if (running.contains(live)
          && live.isDecoding()
          && positions < limits.stepPositions()
          && !live.isPaused(now)
          && reserveByForce(live)) {
        shares.add(new Share(live, 1));
        positions++;
      }
    }
    return positions;
  }

  private boolean reserveByForce(Live live) {
    while (!live.reserve(1)) {
      Live last = running.last();
      preempt(last);
      if (last == live) {
        return false;
      }
    }
    return true;
  }

  private void preempt(Live live) {
    running.remove(live);
    live.preempted();
    waiting.add(live);
    counts.preempted();
  }

  /** Pieces of the prompts that are being read. */
  private int prompts(List<Share> shares, int budget) {
    int positions = 0;
    for (Live live : running) {
      int piece = Math.min(live.ahead(), budget - positions);
      if (!live.isDecoding() && piece > 0 && live.reserve(piece)) {
        shares.add(new Share(live, piece));
        positions += piece;
      }
    }
    return positions;
  }

  private void admit(List<Share> shares, int budget) {
    int left = budget;
    while (!waiting.isEmpty() && left > 0 && running.size() < limits.sequences()) {
      Live live = waiting.first();
      live.findPrefix();
      // One block each for those who run: they should not be preempted at once.
      if (live.missingBlocks() + running.size() > blocks.free()) {
        live.release();
        return; // Nobody overtakes: the first in rank would starve.
      }
      waiting.remove(live);
      running.add(live);
      live.admitted();
      counts.admitted(live.request().prompt().length(), live.ahead());
      int piece = Math.min(live.ahead(), left);
      if (!live.reserve(piece)) {
        throw new IllegalStateException("no room after it was counted: " + blocks);
      }
      shares.add(new Share(live, piece));
      left -= piece;
    }
  }

  /** Nothing could be computed: unless readers are the reason, prompts hold each other's room. */
  private boolean makeRoom(long now) {
    boolean stuck = running.stream().anyMatch(live -> !live.isPaused(now));
    if (stuck) {
      preempt(running.last());
    }
    return stuck;
  }

  private boolean compute(List<Share> shares) {
    List<Segment> segments =
        shares.stream().map(share -> share.live().segment(share.positions())).toList();
    long begin = System.nanoTime();
    try (StepResult result = model.step(cache, segments)) {
      counts.step(begin, shares.size(), shares.stream().mapToInt(Share::positions).sum());
      for (int i = 0; i < shares.size(); i++) {
        after(shares.get(i), result, i);
      }
    } catch (RuntimeException | OutOfMemoryError e) {
      // Nothing was taken over, so the others compute the same again in the next step.
      Live newest = shares.stream().map(Share::live).max(Live.RANK).orElseThrow();
      running.remove(newest);
      newest.fail(new OwlException(Fault.INTERNAL, "", "a step failed", e));
    }
    return true;
  }

  private void after(Share share, StepResult result, int index) {
    boolean ended;
    try {
      ended = share.live().computed(share.positions(), result, index);
    } catch (RuntimeException e) {
      ended = true;
      share.live().fail(e);
    }
    if (ended) {
      running.remove(share.live());
    }
  }

  /** Fails everything. */
  void abandon(RuntimeException why) {
    List<Live> all = new ArrayList<>(running);
    all.addAll(waiting);
    running.clear();
    waiting.clear();
    all.forEach(live -> live.fail(why));
  }

  void close() {
    cache.close();
  }
}
