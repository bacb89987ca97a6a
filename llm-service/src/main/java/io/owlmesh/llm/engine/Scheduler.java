// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.llm.speculation.DraftTokens;
import io.owlmesh.llm.speculation.Speculation;
import io.owlmesh.runtime.language.ForwardResult;
import io.owlmesh.runtime.language.KeyValueCache;
import io.owlmesh.runtime.language.LanguageModel;
import io.owlmesh.runtime.language.Segment;
import io.owlmesh.stage.HeldNames;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Decides what each step computes: first one position of every answer that is being written, then
 * prompts in pieces, as far as the budget of positions goes; new answers in order of rank as the
 * cache has room. While some wait, the others take turns. When it has none for an answer that is
 * being written, the last in rank gives its blocks back and is computed again later. An answer that
 * is alone in a step takes proposed ids along. Used by one thread.
 */
final class Scheduler {
  private final LanguageModel model;
  private final SchedulerConfig limits;
  private final KeyValueCache cache;
  private final BlockManager blocks;
  private final TreeSet<Sequence> waiting = new TreeSet<>(Sequence.RANK);
  private final TreeSet<Sequence> running = new TreeSet<>(Sequence.RANK);
  private final Set<SequenceGroup> open = new LinkedHashSet<>();
  // Of blocks, to be made before the next step.
  private final List<Sequence.Copy> copies = new ArrayList<>();
  private final EngineCounts counts;
  private final Speculation speculation;
  private final PrefillPace pace;

  Scheduler(
      LanguageModel model,
      SchedulerConfig limits,
      EngineCounts counts,
      HeldNames held,
      Speculation speculation) {
    this.model = model;
    this.limits = limits;
    this.counts = counts;
    this.speculation = speculation;
    this.pace = new PrefillPace(limits.decodeSlowdown());
    this.blocks =
        new BlockManager(
            Math.ceilDiv(limits.cachePositions(), BlockManager.SIZE), new PrefixChains(held));
    this.cache = model.cache(blocks.count() * BlockManager.SIZE);
  }

  BlockManager blocks() {
    return blocks;
  }

  /** Whether there is nothing to compute. */
  boolean isIdle() {
    return open.isEmpty();
  }

  void add(SequenceGroup answering) {
    open.add(answering);
    waiting.add(answering.begin(blocks));
  }

  /**
   * Computes one step.
   *
   * @return whether anything was computed; if not, all readers are slow
   */
  boolean step() {
    long now = System.nanoTime();
    dropUnwanted(now);
    takeTurns();
    List<ScheduledChunk> chunks = new ArrayList<>();
    int written = decodes(chunks, now);
    int budget = Math.min(limits.maxBatchedTokens() - written, pace.most(written));
    budget -= prompts(chunks, budget);
    admit(chunks, budget);
    if (chunks.size() == 1) {
      chunks.set(0, speculated(chunks.getFirst()));
    }
    boolean worked = chunks.isEmpty() ? makeRoom(now) : compute(chunks);
    counts.state(waiting, running, blocks);
    return worked;
  }

  private void dropUnwanted(long now) {
    List<SequenceGroup> unwanted = new ArrayList<>();
    for (SequenceGroup answering : open) {
      RuntimeException why = answering.reasonToDrop(now, limits.slowReaderNanos());
      if (why != null) {
        answering.fail(why);
        unwanted.add(answering);
      }
    }
    if (!unwanted.isEmpty()) {
      forgetEnded();
    }
  }

  private void forgetEnded() {
    waiting.removeIf(Sequence::isOver);
    running.removeIf(Sequence::isOver);
    open.removeIf(SequenceGroup::isOver);
  }

  /** One position of each answer that is being written. */
  private int decodes(List<ScheduledChunk> chunks, long now) {
    int positions = 0;
    for (Sequence sequence : List.copyOf(running)) {
      if (running.contains(sequence)
          && sequence.isDecoding()
          && positions < limits.maxBatchedTokens()
          && !sequence.answering().isPaused(now)
          && reserveByForce(sequence)) {
        chunks.add(new ScheduledChunk(sequence, 1));
        positions++;
      }
    }
    return positions;
  }

  private boolean reserveByForce(Sequence sequence) {
    while (!sequence.reserve(1, copies)) {
      Sequence last = running.last();
      preempt(last);
      if (last == sequence) {
        return false;
      }
    }
    return true;
  }

  /** An answer that has no place takes that of one that had a turn, which then waits behind it. */
  private void takeTurns() {
    if (waiting.isEmpty()) {
      return;
    }
    Sequence next = waiting.first();
    boolean fits =
        hasPlace(next.answering()) && next.missingBlocks() + running.size() <= blocks.free();
    if (fits) {
      return;
    }
    // The last in rank first.
    running.descendingSet().stream()
        .map(Sequence::answering)
        .filter(had -> had.yieldsTo(next.answering()))
        .findFirst()
        .ifPresent(this::endTurn);
  }

  private void endTurn(SequenceGroup had) {
    // Out of the sets first: their order depends on turns.
    List<Sequence> ran = had.unfinished().stream().filter(running::remove).toList();
    List<Sequence> waited = had.unfinished().stream().filter(waiting::remove).toList();
    had.endTurn();
    ran.forEach(this::preempt);
    waiting.addAll(waited);
  }

  private void preempt(Sequence sequence) {
    running.remove(sequence);
    boolean rests = sequence.ahead() == 0;
    sequence.release();
    sequence.answering().preempted();
    if (!rests) {
      waiting.add(sequence);
    }
    counts.preempted();
  }

  /** Pieces of the prompts that are being read. */
  private int prompts(List<ScheduledChunk> chunks, int budget) {
    int positions = 0;
    for (Sequence sequence : running) {
      int piece = Math.min(sequence.ahead(), budget - positions);
      if (!sequence.isDecoding() && piece > 0 && sequence.reserve(piece, copies)) {
        chunks.add(new ScheduledChunk(sequence, piece));
        positions += piece;
      }
    }
    return positions;
  }

  private void admit(List<ScheduledChunk> chunks, int budget) {
    int left = budget;
    while (!waiting.isEmpty() && left > 0 && hasPlace(waiting.first().answering())) {
      Sequence sequence = waiting.first();
      sequence.findPrefix();
      // One block each for those who run: they should not be preempted at once.
      if (sequence.missingBlocks() + running.size() > blocks.free()) {
        sequence.release();
        return; // Nobody overtakes: the first in rank would starve.
      }
      waiting.remove(sequence);
      running.add(sequence);
      sequence.answering().admitted(sequence.computed());
      counts.admitted(
          sequence.promptLength(), Math.max(sequence.promptLength() - sequence.computed(), 0));
      int piece = Math.min(sequence.ahead(), left);
      if (!sequence.reserve(piece, copies)) {
        throw new IllegalStateException("no room after it was counted: " + blocks);
      }
      chunks.add(new ScheduledChunk(sequence, piece));
      left -= piece;
    }
  }

  /** What is alone in a step, with proposed ids if it is an answer that they are worth it for. */
  private ScheduledChunk speculated(ScheduledChunk chunk) {
    Sequence sequence = chunk.sequence();
    if (!sequence.isDecoding() || sequence.request().strategy() instanceof DecodingStrategy.Beams) {
      return chunk;
    }
    // The last token of an answer is never computed.
    int room = Math.min(sequence.remaining(), limits.maxBatchedTokens()) - 1;
    DraftTokens draft = speculation.draft(sequence, sequence.acceptance(), room);
    if (!sequence.reserve(chunk.positions() + draft.computed(), copies)) {
      sequence.trim();
      draft = draft.looked();
    }
    return new ScheduledChunk(sequence, chunk.positions(), draft);
  }

  /** Whether a request may have as many sequences as it can grow to, beside those that run. */
  private boolean hasPlace(SequenceGroup next) {
    Set<SequenceGroup> having = new LinkedHashSet<>();
    running.forEach(sequence -> having.add(sequence.answering()));
    if (having.contains(next)) {
      return true;
    }
    int taken = having.stream().mapToInt(SequenceGroup::sequences).sum();
    return taken + next.sequences() <= limits.maxSequences();
  }

  /** Nothing could be computed: unless readers are the reason, prompts hold each other's room. */
  private boolean makeRoom(long now) {
    boolean stuck = running.stream().anyMatch(sequence -> !sequence.answering().isPaused(now));
    if (stuck) {
      preempt(running.last());
    }
    return stuck;
  }

  private boolean compute(List<ScheduledChunk> chunks) {
    if (!copy()) {
      return true;
    }
    List<Segment> segments =
        chunks.stream()
            .map(chunk -> chunk.sequence().segment(chunk.positions(), chunk.draft().ids()))
            .toList();
    try (ForwardResult result = model.step(cache, segments)) {
      counts.step(result.nanos(), chunks);
      if (chunks.size() == 1 && chunks.getFirst().sequence().isDecoding()) {
        speculation.computed(chunks.getFirst().draft(), result.nanos());
      }
      remember(chunks, result.nanos());
      for (int i = 0; i < chunks.size(); i++) {
        after(chunks.get(i), result, i);
      }
    } catch (RuntimeException | OutOfMemoryError e) {
      // Nothing was taken over, so the others compute the same again in the next step.
      fail(chunks.stream().map(ScheduledChunk::sequence).max(Sequence.RANK).orElseThrow(), e);
    }
    forgetEnded();
    return true;
  }

  /** Steps with proposed ids are of neither kind. */
  private void remember(List<ScheduledChunk> chunks, long nanos) {
    int read = chunks.stream().mapToInt(ScheduledChunk::read).sum();
    int written = (int) chunks.stream().filter(chunk -> chunk.read() == 0).count();
    if (chunks.stream().allMatch(chunk -> chunk.draft().computed() == 0)) {
      pace.add(written, read, nanos);
    }
  }

  /** Copies blocks; whether it could. */
  private boolean copy() {
    List<Sequence.Copy> made = List.copyOf(copies);
    copies.clear();
    try {
      for (Sequence.Copy copy : made) {
        model.copy(
            cache,
            copy.from() * BlockManager.SIZE,
            copy.to() * BlockManager.SIZE,
            copy.positions());
      }
      return true;
    } catch (RuntimeException | OutOfMemoryError e) {
      // Their tables name the new blocks already.
      made.forEach(copy -> fail(copy.sequence(), e));
      forgetEnded();
      return false;
    }
  }

  private static void fail(Sequence sequence, Throwable why) {
    if (!sequence.isOver()) {
      sequence.answering().fail(new OwlException(Fault.INTERNAL, "", "a step failed", why));
    }
  }

  private void after(ScheduledChunk chunk, ForwardResult result, int index) {
    Sequence sequence = chunk.sequence();
    if (sequence.isOver()) {
      return; // Another sequence of its request ended them all.
    }
    try {
      int known = sequence.length();
      sequence.computed(chunk.positions());
      if (sequence.ahead() == 0) {
        for (Sequence born : sequence.answering().next(chunk, result, index)) {
          // What a preempted one goes on from has to be computed again.
          (born.heldBlocks() > 0 ? running : waiting).add(born);
        }
      }
      if (chunk.draft().computed() > 0) {
        sequence.trim();
        counts.drafted(chunk.draft().computed(), sequence.length() - known - 1);
      }
    } catch (RuntimeException e) {
      sequence.answering().fail(e);
    }
  }

  /** Fails everything. */
  void abandon(RuntimeException why) {
    open.forEach(answering -> answering.fail(why));
    forgetEnded();
  }

  void close() {
    cache.close();
  }
}
