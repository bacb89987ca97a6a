// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.runtime.language.ForwardResult;
import io.owlmesh.runtime.language.LanguageModel;
import io.owlmesh.runtime.language.PromptEmbeddings;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A request in work: its sequences, and what becomes of each when the logits after it are known.
 * Used by the engine's thread.
 */
abstract class SequenceGroup {
  /**
   * Tokens that an answer may write while others wait: who comes late waits for a turn of each of
   * those before him, and not for the ends of their answers.
   */
  static final int TURN = 64;

  private static final Logger LOG = Logger.getLogger(SequenceGroup.class);

  private final EngineRequest request;
  private final LanguageModel model;
  private final long arrival;
  private final long submitted;
  private final Runnable onEnd;
  private final PromptEmbeddings inputs;
  private final Set<Sequence> unfinished = new LinkedHashSet<>();
  private int branches;
  private int cached;
  private int preemptions;
  private int turns;
  // Tokens in this turn, of all sequences together.
  private int written;
  private long began;
  private long firstToken;
  private long pausedSince = Long.MAX_VALUE;

  /**
   * @param arrival its number among all requests
   * @param submitted {@link System#nanoTime} when it came
   * @param onEnd told once, after its reader
   */
  SequenceGroup(
      EngineRequest request, LanguageModel model, long arrival, long submitted, Runnable onEnd) {
    this.request = request;
    this.model = model;
    this.arrival = arrival;
    this.submitted = submitted;
    this.onEnd = onEnd;
    this.inputs =
        PromptEmbeddings.of(
            model, request.prompt().ids(), request.prompt().starts(), request.prompt().images());
  }

  static SequenceGroup of(
      EngineRequest request, LanguageModel model, long arrival, long submitted, Runnable onEnd) {
    return switch (request.strategy()) {
      case DecodingStrategy.Samples samples ->
          new ParallelSampling(request, samples, model, arrival, submitted, onEnd);
      case DecodingStrategy.Beams beams ->
          new BeamSearch(request, beams, model, arrival, submitted, onEnd);
    };
  }

  /**
   * The logits after the last known position of a sequence are known, and those after each id of
   * its draft.
   *
   * @param segment of the sequence
   * @return sequences that begin beside it
   * @throws OwlException BAD_CHECKPOINT if any of the logits is no number, or the largest is not
   *     finite
   */
  abstract List<Sequence> next(ScheduledChunk chunk, ForwardResult result, int segment);

  EngineRequest request() {
    return request;
  }

  TokenListener listener() {
    return request.listener();
  }

  PromptEmbeddings inputs() {
    return inputs;
  }

  long arrival() {
    return arrival;
  }

  /** Id of the token that ends an answer. */
  int endOfSequence() {
    return model.config().language().eos();
  }

  /** Sequences that are written at a time, at most. */
  int sequences() {
    return request.strategy().sequences();
  }

  /** Those that are being read or written, or rest until the others have come as far. */
  Set<Sequence> unfinished() {
    return unfinished;
  }

  boolean isOver() {
    return unfinished.isEmpty();
  }

  /** Its first sequence: the prompt. */
  Sequence begin(BlockManager blocks) {
    Sequence sequence = new Sequence(this, blocks, branches++);
    unfinished.add(sequence);
    return sequence;
  }

  /** A sequence that goes on from another. */
  Sequence fork(Sequence parent) {
    Sequence child = parent.fork(branches++);
    unfinished.add(child);
    return child;
  }

  /** A sequence has ended. */
  void end(Sequence sequence) {
    sequence.release();
    unfinished.remove(sequence);
  }

  /** A sequence of it is being read. */
  void admitted(int found) {
    if (began == 0) {
      began = System.nanoTime();
      cached = Math.min(found, request.prompt().length());
      listener().admitted(began - submitted, cached);
    }
  }

  void preempted() {
    preemptions++;
  }

  /** Turns that it had and gave its place away after. */
  int turns() {
    return turns;
  }

  /** Whether it had a turn, and would come after another one that waits if it ended it. */
  boolean yieldsTo(SequenceGroup next) {
    int order = Integer.compare(next.request.priority(), request.priority());
    order = order != 0 ? order : Integer.compare(turns + 1, next.turns);
    order = order != 0 ? order : Long.compare(arrival, next.arrival);
    return arrival != next.arrival && written >= TURN && order > 0;
  }

  void endTurn() {
    turns++;
    written = 0;
  }

  /**
   * Refuses logits of which any is no number, or the largest is not finite: the weights are to
   * blame, or those of the adapter.
   */
  final void requireFinite(ForwardResult result, int segment, int position) {
    float largest = result.largest(segment, position);
    if (!Float.isFinite(largest)) {
      boolean adapted = !request.adapter().name().isEmpty();
      throw new OwlException(
          Fault.BAD_CHECKPOINT,
          adapted ? "adapter" : "",
          "the logits hold %s%s"
              .formatted(largest, adapted ? " with '" + request.adapter().name() + "'" : ""));
    }
  }

  /** Counts a token, and remembers when the first one was chosen. */
  void tokenChosen() {
    written++;
    if (firstToken == 0) {
      firstToken = System.nanoTime();
    }
  }

  /** Whether its reader takes more; remembers since when not. */
  boolean isPaused(long now) {
    if (listener().isReady()) {
      pausedSince = Long.MAX_VALUE;
      return false;
    }
    pausedSince = Math.min(pausedSince, now);
    return true;
  }

  private long pausedNanos(long now) {
    return pausedSince == Long.MAX_VALUE ? 0 : now - pausedSince;
  }

  /** Why nobody is to have it any more, if so. */
  @Nullable RuntimeException reasonToDrop(long now, long slowReaderNanos) {
    if (listener().isGone()) {
      return new OwlException(Fault.CANCELLED, "", "the caller went away");
    }
    if (request.deadline() != Long.MAX_VALUE && now - request.deadline() > 0) {
      return new OwlException(Fault.TOO_LATE, "", "the deadline passed before the answer ended");
    }
    if (pausedNanos(now) > slowReaderNanos) {
      return new OwlException(
          Fault.SATURATED, "", "the reader took nothing for too long; the answer is dropped");
    }
    return null;
  }

  /** How an answer of so many tokens went that ends now. */
  AnswerStats stats(boolean stopped, int tokens, OptionalDouble score) {
    return new AnswerStats(
        stopped,
        tokens,
        cached,
        began - submitted,
        firstToken - began,
        System.nanoTime() - firstToken,
        preemptions,
        score);
  }

  /** All answers have been told. */
  void finish() {
    release();
    listener().finished();
    onEnd.run();
  }

  void fail(RuntimeException why) {
    release();
    try {
      listener().failed(why);
    } catch (RuntimeException e) {
      LOG.error("A reader could not be told that its answer failed", e); // Others must go on.
    }
    onEnd.run();
  }

  private void release() {
    unfinished.forEach(Sequence::release);
    unfinished.clear();
    inputs.close();
  }
}
