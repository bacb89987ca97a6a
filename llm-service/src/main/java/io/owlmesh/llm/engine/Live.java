// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import io.owlmesh.model.language.History;
import io.owlmesh.model.language.Inputs;
import io.owlmesh.model.language.LanguageModel;
import io.owlmesh.model.language.Segment;
import io.owlmesh.model.language.StepResult;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;

/** An answer that is waiting, being read or being written. Used by the engine's thread. */
final class Live implements History {
  /** Who comes first. */
  static final Comparator<Live> RANK =
      Comparator.<Live>comparingInt(live -> -live.request.priority())
          .thenComparingLong(live -> live.arrival);

  private final EngineRequest request;
  private final LanguageModel model;
  private final Blocks blocks;
  private final long arrival;
  private final long submitted;
  private final Inputs inputs;
  private final BlockTable table;
  // Of full blocks, in order, as far as they were asked for; positions never change.
  private final List<Key> keys = new ArrayList<>();
  private int registered;
  private int[] ids;
  private int length;
  private int computed;
  private int cached;
  private int preemptions;
  private long began;
  private long firstToken;
  private long pausedSince = Long.MAX_VALUE;

  /**
   * @param arrival its number among all requests
   */
  Live(EngineRequest request, LanguageModel model, Blocks blocks, long arrival, long submitted) {
    this.request = request;
    this.model = model;
    this.blocks = blocks;
    this.arrival = arrival;
    this.submitted = submitted;
    this.table = new BlockTable(blocks);
    this.length = request.prompt().length();
    this.ids = Arrays.copyOf(request.prompt().ids(), length + request.maxTokens());
    this.inputs =
        Inputs.of(
            model, request.prompt().ids(), request.prompt().starts(), request.prompt().images());
  }

  Reader reader() {
    return request.reader();
  }

  EngineRequest request() {
    return request;
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

  /** Whether only its newest token is to be computed. */
  boolean isDecoding() {
    return ahead() == 1 && length > request.prompt().length();
  }

  int heldBlocks() {
    return table.blockCount();
  }

  /** Blocks that must be taken before all known positions have room. */
  int missingBlocks() {
    return Math.ceilDiv(length, Blocks.SIZE) - table.blockCount();
  }

  /** Holds the blocks of others that begin alike. At least one position is left to compute. */
  void findPrefix() {
    for (int end = Blocks.SIZE; end < length; end += Blocks.SIZE) {
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
    computed = 0;
  }

  void admitted() {
    if (began == 0) {
      began = System.nanoTime();
      cached = computed;
      request.reader().admitted(began - submitted, cached);
    }
  }

  void preempted() {
    release();
    preemptions++;
  }

  /** The key of a full block; computed once, however often its sequence is begun. */
  private Key key(int block) {
    while (keys.size() <= block) {
      Key before = keys.isEmpty() ? Key.root(request.adapter().digest()) : keys.getLast();
      keys.add(Key.of(before, content(keys.size() * Blocks.SIZE)));
    }
    return keys.get(block);
  }

  private byte[] content(int from) {
    ByteBuffer bytes = ByteBuffer.allocate(Blocks.SIZE * EnginePrompt.contentBytes());
    for (int i = from; i < from + Blocks.SIZE; i++) {
      if (i < request.prompt().length()) {
        request.prompt().content(i, bytes);
      } else {
        bytes.putInt(ids[i]);
      }
    }
    return Arrays.copyOf(bytes.array(), bytes.position());
  }

  /** Takes room for the next positions; whether there is. */
  boolean reserve(int positions) {
    return table.reserve(computed + positions);
  }

  /** The next positions as a part of a step. */
  Segment segment(int positions) {
    int end = computed + positions;
    return new Segment(
        inputs,
        Arrays.copyOfRange(ids, computed, end),
        computed,
        table.slots(computed, end),
        table.stretches(computed),
        request.adapter(),
        end == length ? Segment.Logits.LAST : Segment.Logits.NONE);
  }

  /**
   * A step computed positions of this sequence.
   *
   * @param index of its segment
   * @return whether the answer ended
   */
  boolean computed(int positions, StepResult result, int index) {
    computed += positions;
    registerBlocks();
    return computed == length && choose(result, index);
  }

  private void registerBlocks() {
    while ((registered + 1) * Blocks.SIZE <= computed) {
      blocks.register(table.block(registered), key(registered));
      registered++;
    }
  }

  private boolean choose(StepResult result, int index) {
    int id = request.chooser().choose(result, index, this);
    long now = System.nanoTime();
    if (firstToken == 0) {
      firstToken = now;
    }
    ids[length++] = id;
    boolean goesOn = request.reader().token(id);
    boolean stopped = !goesOn || id == model.config().language().eos();
    int tokens = length - request.prompt().length();
    if (!stopped && tokens < request.maxTokens()) {
      return false;
    }
    close();
    request
        .reader()
        .finished(
            new AnswerStats(
                stopped,
                tokens,
                cached,
                began - submitted,
                firstToken - began,
                now - firstToken,
                preemptions));
    return true;
  }

  /** Whether its reader takes more; remembers since when not. */
  boolean isPaused(long now) {
    if (request.reader().isReady()) {
      pausedSince = Long.MAX_VALUE;
      return false;
    }
    pausedSince = Math.min(pausedSince, now);
    return true;
  }

  long pausedNanos(long now) {
    return pausedSince == Long.MAX_VALUE ? 0 : now - pausedSince;
  }

  void fail(RuntimeException why) {
    close();
    request.reader().failed(why);
  }

  private void close() {
    release();
    inputs.close();
  }
}
