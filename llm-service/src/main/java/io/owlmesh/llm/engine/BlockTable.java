// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** The blocks of one sequence, in order: where in the cache its positions are. */
final class BlockTable {
  private final BlockManager blocks;
  private final List<Integer> own = new ArrayList<>();

  BlockTable(BlockManager blocks) {
    this.blocks = blocks;
  }

  /** Positions that there is room for. */
  int capacity() {
    return own.size() * BlockManager.SIZE;
  }

  int blockCount() {
    return own.size();
  }

  int block(int index) {
    return own.get(index);
  }

  /** Another table of the same blocks. */
  BlockTable chunk() {
    BlockTable copy = new BlockTable(blocks);
    copy.own.addAll(own);
    own.forEach(blocks::hold);
    return copy;
  }

  /** Whether others use a block too. */
  boolean isShared(int index) {
    return blocks.isShared(own.get(index));
  }

  /** Uses a block that is held already instead of another, which is given back. */
  void replace(int index, int block) {
    blocks.release(own.set(index, block));
  }

  /** Appends a block that is held already. */
  void add(int block) {
    own.add(block);
  }

  /**
   * Takes blocks until there is room.
   *
   * @param positions in all
   * @return whether there is; if not, what could be taken is kept
   */
  boolean reserve(int positions) {
    while (capacity() < positions) {
      OptionalInt block = blocks.take(own.isEmpty() ? -1 : own.getLast());
      if (block.isEmpty()) {
        return false;
      }
      own.add(block.getAsInt());
    }
    return true;
  }

  /** Gives back the blocks after those of so many positions. */
  void trim(int positions) {
    while (capacity() - BlockManager.SIZE >= positions) {
      blocks.release(own.removeLast());
    }
  }

  /** Slot of a position. */
  int slot(int position) {
    return own.get(position / BlockManager.SIZE) * BlockManager.SIZE + position % BlockManager.SIZE;
  }

  /** Slots of positions {@code from} to {@code to - 1}. */
  int[] slots(int from, int to) {
    int[] slots = new int[to - from];
    for (int i = from; i < to; i++) {
      slots[i - from] = slot(i);
    }
    return slots;
  }

  /** Positions 0 to {@code end - 1} as stretches of the cache: first slot and length of each. */
  int[] stretches(int end) {
    List<Integer> stretches = new ArrayList<>();
    for (int at = 0; at < end; at += BlockManager.SIZE) {
      int slot = slot(at);
      int length = Math.min(BlockManager.SIZE, end - at);
      int size = stretches.size();
      if (size > 0 && stretches.get(size - 2) + stretches.get(size - 1) == slot) {
        stretches.set(size - 1, stretches.get(size - 1) + length);
      } else {
        stretches.add(slot);
        stretches.add(length);
      }
    }
    return stretches.stream().mapToInt(Integer::intValue).toArray();
  }

  /** Gives all blocks back, the last one first: it is of no use without those before it. */
  void release() {
    own.reversed().forEach(blocks::release);
    own.clear();
  }
}
