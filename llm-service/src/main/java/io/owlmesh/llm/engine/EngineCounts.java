// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

/** What the engine did and does, for those who watch it. Written by its thread, read by any. */
public final class EngineCounts {
  private volatile int waiting;
  private volatile int running;
  private volatile int blocksHeld;
  private volatile int blocksIdle;
  private volatile int blocks;
  private volatile long evictions;
  private volatile long steps;
  private volatile long positions;
  private volatile long rows;
  private volatile long nativeNanos;
  private volatile long busyNanos;
  private volatile long preemptions;
  private volatile long promptPositions;
  private volatile long computedPromptPositions;

  // One thread writes, so that reading and writing again loses nothing.
  @SuppressWarnings("NonAtomicVolatileUpdate")
  void step(long nanos, int sequences, int computed) {
    steps++;
    rows += sequences;
    positions += computed;
    nativeNanos += nanos;
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

  void state(int nowWaiting, int nowRunning, BlockManager cache) {
    waiting = nowWaiting;
    running = nowRunning;
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

  /** Positions of all prompts that were begun. */
  public long promptPositions() {
    return promptPositions;
  }

  /** Of these, those that were not found in the cache. */
  public long computedPromptPositions() {
    return computedPromptPositions;
  }
}
