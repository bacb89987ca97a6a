// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import io.owlmesh.stage.RecentRate;
import java.util.Collection;
import java.util.List;
import java.util.function.IntConsumer;

/** What the engine did and does, for those who watch it. Written by its thread, read by any. */
public final class EngineCounts {
  /** Positions of a block of the cache. */
  public static final int BLOCK_POSITIONS = BlockManager.SIZE;

  private volatile int waiting;
  private volatile int running;
  private volatile int blocksHeld;
  private volatile int blocksIdle;
  private volatile int blocks;
  private volatile long unreadPositions;
  private volatile long heldPositions;
  private volatile long evictions;
  private volatile long steps;
  private volatile long positions;
  private volatile long rows;
  private volatile long nativeNanos;
  private volatile long busyNanos;
  private volatile long preemptions;
  private volatile long promptPositions;
  private volatile long computedPromptPositions;
  private volatile long draftTokens;
  private volatile long acceptedTokens;
  private volatile IntConsumer stepListener = _ -> {};
  private final RecentRate prefill = new RecentRate();
  private final RecentRate decode = new RecentRate();

  /** A step was computed, and nothing taken over from it yet. */
  // One thread writes, so that reading and writing again loses nothing.
  @SuppressWarnings("NonAtomicVolatileUpdate")
  void step(long nanos, List<ScheduledChunk> chunks) {
    int read = 0;
    int written = 0;
    for (ScheduledChunk chunk : chunks) {
      positions += chunk.rows();
      read += chunk.read();
      written += chunk.completes() ? 1 : 0;
    }
    steps++;
    rows += chunks.size();
    nativeNanos += nanos;
    stepListener.accept(chunks.size());
    if (read > 0) {
      prefill.add(read, nanos);
    }
    if (written > 0) {
      decode.add(written, nanos);
    }
  }

  /** Warm-up is over: how long it took says nothing of the rates to come. */
  public void warmedUp() {
    prefill.forget();
    decode.forget();
  }

  /** As {@link io.owlmesh.stage.StageEngine#onBatch}, with the sequences of each step. */
  public void onStep(IntConsumer listener) {
    stepListener = listener;
  }

  /** A step computed proposed ids, some of which were right. */
  @SuppressWarnings("NonAtomicVolatileUpdate")
  void drafted(int proposed, int accepted) {
    draftTokens += proposed;
    acceptedTokens += accepted;
    decode.add(accepted, 0); // Its time is counted already.
  }

  @SuppressWarnings("NonAtomicVolatileUpdate")
  void busy(long nanos) {
    busyNanos += nanos;
  }

  @SuppressWarnings("NonAtomicVolatileUpdate")
  void preempted() {
    preemptions++;
  }

  @SuppressWarnings("NonAtomicVolatileUpdate")
  void admitted(int prompt, int ahead) {
    promptPositions += prompt;
    computedPromptPositions += ahead;
  }

  void state(Collection<Sequence> nowWaiting, Collection<Sequence> nowRunning, BlockManager cache) {
    waiting = nowWaiting.size();
    running = nowRunning.size();
    long unread = 0;
    long held = 0;
    for (Sequence sequence : nowWaiting) {
      unread += sequence.ahead();
    }
    for (Sequence sequence : nowRunning) {
      unread += sequence.isDecoding() ? 0 : sequence.ahead();
      held += sequence.computed();
    }
    unreadPositions = unread;
    heldPositions = held;
    blocks = cache.count();
    blocksIdle = cache.idle();
    blocksHeld = cache.count() - cache.free();
    evictions = cache.evictions();
  }

  /** Requests that wait to be begun. */
  public int waiting() {
    return waiting;
  }

  /** Answers in work. */
  public int running() {
    return running;
  }

  /** Positions of prompts that are not read yet. */
  public long unreadPositions() {
    return unreadPositions;
  }

  /** Positions that what is in work has in the cache. */
  public long heldPositions() {
    return heldPositions;
  }

  /** Positions of prompts a second, in steps that read any, of late; 0 while not known. */
  public double prefillRate() {
    return prefill.perSecond();
  }

  /** Tokens of all answers a second, in steps that write any, of late; 0 while not known. */
  public double decodeRate() {
    return decode.perSecond();
  }

  /** Blocks of the cache. */
  public int blocks() {
    return blocks;
  }

  /** Of these, in use by answers. */
  public int blocksHeld() {
    return blocksHeld;
  }

  /** Of these, kept for prompts that begin alike. */
  public int blocksIdle() {
    return blocksIdle;
  }

  /** Kept blocks whose room was needed. */
  public long evictions() {
    return evictions;
  }

  public long steps() {
    return steps;
  }

  /** Positions computed in all steps. */
  public long positions() {
    return positions;
  }

  /** Sequences of all steps, added up. */
  public long rows() {
    return rows;
  }

  /** Time in native code. */
  public long nativeNanos() {
    return nativeNanos;
  }

  /** Time that the engine was not idle. */
  public long busyNanos() {
    return busyNanos;
  }

  public long preemptions() {
    return preemptions;
  }

  /** Proposed ids that were computed. */
  public long draftTokens() {
    return draftTokens;
  }

  /** Of these, those that became tokens of an answer. */
  public long acceptedTokens() {
    return acceptedTokens;
  }

  /** Positions of all prompts that were begun. */
  public long promptPositions() {
    return promptPositions;
  }

  /** Of these, those that were not found in the cache. */
  public long computedPromptPositions() {
    return computedPromptPositions;
  }
}
