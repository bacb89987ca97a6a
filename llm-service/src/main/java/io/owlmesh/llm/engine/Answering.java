// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import io.owlmesh.model.language.Inputs;
import io.owlmesh.model.language.LanguageModel;
import io.owlmesh.model.language.StepResult;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import org.jboss.logging.Logger;

/**
 * A request in work: its sequences, and what becomes of each when the logits after it are known.
 * Used by the engine's thread.
 */
abstract class Answering {
  private static final Logger LOG = Logger.getLogger(Answering.class);

  private final EngineRequest request;
  private final LanguageModel model;
  private final long arrival;
  private final long submitted;
  private final Runnable onEnd;
  private final Inputs inputs;
  private final Set<Live> lives = new LinkedHashSet<>();
  private int branches;
  private int cached;
  private int preemptions;
  private long began;
  private long firstToken;
  private long pausedSince = Long.MAX_VALUE;

  /**
   * @param arrival its number among all requests
   * @param submitted {@link System#nanoTime} when it came
   * @param onEnd told once, after its reader
   */
  Answering(
      EngineRequest request, LanguageModel model, long arrival, long submitted, Runnable onEnd) {
    this.request = request;
    this.model = model;
    this.arrival = arrival;
    this.submitted = submitted;
    this.onEnd = onEnd;
    this.inputs =
        Inputs.of(
            model, request.prompt().ids(), request.prompt().starts(), request.prompt().images());
  }

  static Answering of(
      EngineRequest request, LanguageModel model, long arrival, long submitted, Runnable onEnd) {
    return switch (request.choosing()) {
      case Choosing.Samples samples ->
          new SampledAnswers(request, samples, model, arrival, submitted, onEnd);
      case Choosing.Beams beams -> new BeamSearch(request, beams, model, arrival, submitted, onEnd);
    };
  }

  /**
   * The logits after the last position of a sequence are known.
   *
   * @param segment of the sequence
   * @return sequences that begin beside it
   */
  abstract List<Live> next(Live live, StepResult result, int segment);

  EngineRequest request() {
    return request;
  }

  Reader reader() {
    return request.reader();
  }

  Inputs inputs() {
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
    return request.choosing().sequences();
  }

  /** Those that are being read or written, or rest until the others have come as far. */
  Set<Live> lives() {
    return lives;
  }

  boolean isOver() {
    return lives.isEmpty();
  }

  /** Its first sequence: the prompt. */
  Live begin(Blocks blocks) {
    Live live = new Live(this, blocks, branches++);
    lives.add(live);
    return live;
  }

  /** A sequence that goes on from another. */
  Live fork(Live parent) {
    Live child = parent.fork(branches++);
    lives.add(child);
    return child;
  }

  /** A sequence has ended. */
  void end(Live live) {
    live.release();
    lives.remove(live);
  }

  /** A sequence of it is being read. */
  void admitted(int found) {
    if (began == 0) {
      began = System.nanoTime();
      cached = found;
      reader().admitted(began - submitted, found);
    }
  }

  void preempted() {
    preemptions++;
  }

  /** Remembers when the first token was chosen. */
  void tokenChosen() {
    if (firstToken == 0) {
      firstToken = System.nanoTime();
    }
  }

  /** Whether its reader takes more; remembers since when not. */
  boolean isPaused(long now) {
    if (reader().isReady()) {
      pausedSince = Long.MAX_VALUE;
      return false;
    }
    pausedSince = Math.min(pausedSince, now);
    return true;
  }

  long pausedNanos(long now) {
    return pausedSince == Long.MAX_VALUE ? 0 : now - pausedSince;
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
    reader().finished();
    onEnd.run();
  }

  void fail(RuntimeException why) {
    release();
    try {
      reader().failed(why);
    } catch (RuntimeException e) {
      LOG.error("A reader could not be told that its answer failed", e); // Others must go on.
    }
    onEnd.run();
  }

  private void release() {
    lives.forEach(Live::release);
    lives.clear();
    inputs.close();
  }
}
