// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import io.owlmesh.llm.speculation.AcceptanceRate;
import io.owlmesh.runtime.language.Segment;
import io.owlmesh.runtime.language.TokenHistory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;

/**
 * A sequence that is waiting, being read or being written: ids, and as much of their keys and
 * values as is computed. Used by the engine's thread.
 */
final class Sequence implements TokenHistory {
  /** Who comes first. */
  static final Comparator<Sequence> RANK =
      Comparator.<Sequence>comparingInt(sequence -> -sequence.request.priority())
          .thenComparingInt(sequence -> sequence.answering.turns())
          .thenComparingLong(sequence -> sequence.answering.arrival())
          .thenComparingInt(sequence -> sequence.branch);

  private final SequenceGroup answering;
  private final EngineRequest request;
  private final BlockManager blocks;
  private final int branch;
  private final BlockTable table;
  // Of full blocks, in order, as far as they were asked for; positions never change.
  private final List<BlockHash> keys;
  private final AcceptanceRate acceptance = new AcceptanceRate();
  private final int[] ids;
  private int length;
  private int computed;
  private int registered;
  private int named; // Of the prompt's chains.

  /**
   * The prompt, and what of the answer is there already.
   *
   * @param branch its number among the sequences of its request
   */
  Sequence(SequenceGroup answering, BlockManager blocks, int branch) {
    this.answering = answering;
    this.request = answering.request();
    this.blocks = blocks;
    this.branch = branch;
    this.table = new BlockTable(blocks);
    this.keys = new ArrayList<>();
    this.length = request.prompt().length();
    this.ids = Arrays.copyOf(request.prompt().ids(), length + request.maxTokens());
    request.resumed().forEach(this::append);
  }

  private Sequence(Sequence parent, int branch) {
    this.answering = parent.answering;
    this.request = parent.request;
    this.blocks = parent.blocks;
    this.branch = branch;
    this.table = parent.table.chunk();
    this.keys = new ArrayList<>(parent.keys);
    this.length = parent.length;
    this.ids = parent.ids.clone();
    this.computed = parent.computed;
    this.registered = parent.registered;
    this.named = parent.named;
  }

  /** A sequence of the same positions, in the same blocks. */
  Sequence fork(int number) {
    return new Sequence(this, number);
  }

  SequenceGroup answering() {
    return answering;
  }

  EngineRequest request() {
    return request;
  }

  /** Its number among the sequences of its request. */
  int branch() {
    return branch;
  }

  /** Whether it has ended: others of its request may go on. */
  boolean isOver() {
    return !answering.unfinished().contains(this);
  }

  /** Adds a token. */
  void append(int id) {
    ids[length++] = id;
  }

  @Override
  public int length() {
    return length;
  }

  @Override
  public int promptLength() {
    return request.prompt().length();
  }

  @Override
  public int id(int position) {
    return ids[position];
  }

  /** Positions that are known, but not yet in the cache. */
  int ahead() {
    return length - computed;
  }

  /** Tokens that it may grow by. */
  int remaining() {
    return ids.length - length;
  }

  /** How many of the ids that were proposed for it were right. */
  AcceptanceRate acceptance() {
    return acceptance;
  }

  /** Whether only its newest token is to be computed. */
  boolean isDecoding() {
    return ahead() == 1 && length > request.prompt().length();
  }

  int heldBlocks() {
    return table.blockCount();
  }

  /** Blocks that must be taken before all known positions have room. */
  int missingBlocks() {
    return Math.ceilDiv(length, BlockManager.SIZE) - table.blockCount();
  }

  /** Holds the blocks of others that begin alike. At least one position is left to compute. */
  void findPrefix() {
    for (int end = BlockManager.SIZE; end < length; end += BlockManager.SIZE) {
      OptionalInt block = blocks.find(key(registered));
      if (block.isEmpty()) {
        break;
      }
      table.add(block.getAsInt());
      registered++;
      computed = end;
    }
  }

  /** Undoes {@link #findPrefix}, or gives all room away. */
  void release() {
    table.release();
    registered = 0;
    named = 0;
    computed = 0;
  }

  /** Positions whose keys and values are there. */
  int computed() {
    return computed;
  }

  /** The key of a full block; computed once, however often its sequence is begun. */
  private BlockHash key(int block) {
    while (keys.size() <= block) {
      BlockHash before =
          keys.isEmpty()
              ? BlockHash.root(request.adapter().digest(), request.prompt().tenant())
              : keys.getLast();
      keys.add(BlockHash.of(before, content(keys.size() * BlockManager.SIZE)));
    }
    return keys.get(block);
  }

  private byte[] content(int from) {
    ByteBuffer bytes = ByteBuffer.allocate(BlockManager.SIZE * EnginePrompt.contentBytes());
    for (int i = from; i < from + BlockManager.SIZE; i++) {
      if (i < request.prompt().length()) {
        request.prompt().content(i, bytes);
      } else {
        bytes.putInt(ids[i]);
      }
    }
    return Arrays.copyOf(bytes.array(), bytes.position());
  }

  /**
   * Takes room for the next positions. A block that others use too is not written to: its positions
   * are to be copied to one of its own.
   *
   * @param copies that must be made before the positions are computed; added to
   * @return whether there is room
   */
  boolean reserve(int positions, List<Copy> copies) {
    int used = computed % BlockManager.SIZE;
    int last = computed / BlockManager.SIZE;
    if (used > 0 && table.isShared(last)) {
      OptionalInt own = blocks.take(table.block(last));
      if (own.isEmpty()) {
        return false;
      }
      copies.add(new Copy(this, table.block(last), own.getAsInt(), used));
      table.replace(last, own.getAsInt());
    }
    return table.reserve(computed + positions);
  }

  /**
   * Positions of a block that a sequence needs in a block of its own.
   *
   * @param from block
   * @param to block
   * @param positions from the first one on
   */
  record Copy(Sequence sequence, int from, int to, int positions) {}

  /** Gives back room beyond the known positions. */
  void trim() {
    table.trim(length);
  }

  /** The next positions as a part of a step, and ids that may follow them. */
  Segment segment(int positions, List<Integer> draft) {
    int end = computed + positions;
    int[] next = Arrays.copyOfRange(ids, computed, end + draft.size());
    for (int i = 0; i < draft.size(); i++) {
      next[positions + i] = draft.get(i);
    }
    Segment.Logits known = end == length ? Segment.Logits.LAST : Segment.Logits.NONE;
    return new Segment(
        answering.inputs(),
        next,
        computed,
        table.slots(computed, end + draft.size()),
        table.stretches(computed),
        request.adapter(),
        draft.isEmpty() ? known : Segment.Logits.ALL);
  }

  /** A step computed positions of this sequence. */
  void computed(int positions) {
    computed += positions;
    registerBlocks();
  }

  private void registerBlocks() {
    while ((registered + 1) * BlockManager.SIZE <= computed) {
      BlockHash key = key(registered);
      if (!blocks.register(table.block(registered), key)) {
        // The one that is known: blocks that are follow on each other.
        table.replace(registered, blocks.find(key).orElseThrow());
      }
      registered++;
    }
    nameChains();
  }

  private void nameChains() {
    List<PromptChain> chains = request.prompt().chains();
    while (named < chains.size() && chains.get(named).blocks() <= registered) {
      PromptChain chain = chains.get(named++);
      if (chain.blocks() > 0) {
        blocks.name(table.block(chain.blocks() - 1), chain);
      }
    }
  }
}
