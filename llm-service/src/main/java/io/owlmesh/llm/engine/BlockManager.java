// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The blocks of the key/value cache. A block is held by the sequences that use it; one that is full
 * can be known by its {@link BlockHash}, is then found by later sequences that begin alike, and
 * stays until its room is needed, least recently used first. Used by one thread.
 */
final class BlockManager {
  /** Positions of a block. */
  static final int SIZE = 16;

  private static final int NONE = -1;

  private final int[] holders;
  private final @Nullable BlockHash[] keys;
  private final Map<BlockHash, Integer> known = new HashMap<>();
  // Nobody holds them, and nothing of use is in them.
  private final BitSet empty;
  // Nobody holds them, but they are known; the least recently used first.
  private final LinkedHashSet<Integer> idle = new LinkedHashSet<>();
  private final PrefixChains chains;
  private long evictions;

  /**
   * @param chains told when what was in a block is gone
   */
  BlockManager(int count, PrefixChains chains) {
    this.chains = chains;
    holders = new int[count];
    keys = new BlockHash[count];
    empty = new BitSet(count);
    empty.set(0, count);
  }

  /** Blocks in all. */
  int count() {
    return holders.length;
  }

  /** Blocks that can be taken. */
  int free() {
    return empty.cardinality() + idle.size();
  }

  /** Known blocks that nobody holds. */
  int idle() {
    return idle.size();
  }

  /** Known blocks that had to go. */
  long evictions() {
    return evictions;
  }

  /**
   * Takes a block that nobody holds, if there is one.
   *
   * @param after the block before it in its sequence, or -1: its neighbour is taken if that is
   *     empty, so that attention reads long stretches
   */
  OptionalInt take(int after) {
    int block = choose(after);
    if (block == NONE) {
      return OptionalInt.empty();
    }
    holders[block] = 1;
    return OptionalInt.of(block);
  }

  private int choose(int after) {
    if (!empty.isEmpty()) {
      int block =
          after != NONE && after + 1 < holders.length && empty.get(after + 1)
              ? after + 1
              : longestStretch();
      empty.clear(block);
      return block;
    }
    if (idle.isEmpty()) {
      return NONE;
    }
    int block = idle.removeFirst();
    forget(block);
    evictions++;
    return block;
  }

  /** The middle of the longest stretch of empty blocks: those before and after it can grow. */
  private int longestStretch() {
    int best = NONE;
    int length = 0;
    for (int from = empty.nextSetBit(0); from >= 0; ) {
      int to = empty.nextClearBit(from);
      if (to - from > length) {
        best = from + (to - from) / 2;
        length = to - from;
      }
      from = empty.nextSetBit(to);
    }
    return best;
  }

  private void forget(int block) {
    BlockHash key = keys[block];
    if (key != null) {
      known.remove(key);
      keys[block] = null;
      chains.forget(block);
    }
  }

  /**
   * Makes a full block known, unless another has the same content already.
   *
   * @return whether it is the one that is known
   */
  boolean register(int block, BlockHash key) {
    if (keys[block] == null && known.putIfAbsent(key, block) == null) {
      keys[block] = key;
    }
    return keys[block] != null;
  }

  /** Names the beginning of a prompt that a known block ends. */
  void name(int block, PromptChain chain) {
    chains.put(chain.name(), block, chain.blocks() * SIZE);
  }

  /** Holds the block of a key, if there is one. */
  OptionalInt find(BlockHash key) {
    Integer block = known.get(key);
    if (block == null) {
      return OptionalInt.empty();
    }
    hold(block);
    return OptionalInt.of(block);
  }

  /** One holder more. */
  void hold(int block) {
    if (holders[block]++ == 0) {
      idle.remove(block);
    }
  }

  /** Whether more than one sequence uses a block. */
  boolean isShared(int block) {
    return holders[block] > 1;
  }

  /** One holder less. */
  void release(int block) {
    if (--holders[block] > 0) {
      return;
    }
    if (holders[block] < 0) {
      throw new IllegalStateException("block " + block + " is released twice");
    }
    if (keys[block] == null) {
      empty.set(block);
    } else {
      idle.add(block);
    }
  }

  /** Forgets what is known and not held. */
  void clear() {
    for (int block : idle) {
      forget(block);
      empty.set(block);
    }
    idle.clear();
  }

  @Override
  public String toString() {
    return "%d blocks, %d held, %d known and idle"
        .formatted(count(), Arrays.stream(holders).filter(h -> h > 0).count(), idle.size());
  }
}
