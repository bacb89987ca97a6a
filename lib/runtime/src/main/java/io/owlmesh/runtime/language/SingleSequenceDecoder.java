// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.language;

/** Decodes one answer: reads the prompt in pieces, then writes token after token. */
public final class SingleSequenceDecoder {
  /**
   * Positions read at a time. Between pieces a cancelled call is noticed; larger pieces would be no
   * faster, since these already keep the processor busy.
   */
  static final int PIECE = 256;

  private SingleSequenceDecoder() {}

  /** What the caller sees and says while an answer grows. */
  public interface Listener {
    /**
     * Called before each piece and token.
     *
     * @throws io.owlmesh.core.OwlException to stop: CANCELLED or TOO_LATE
     */
    void check();

    /** A token was chosen; the end of the sequence is one too. */
    void token(int id);
  }

  /** Why an answer ended. */
  public enum End {
    /** The model ended it. */
    STOP,
    /** The limit was reached. */
    LENGTH
  }

  /**
   * What an answer took.
   *
   * @param tokens generated, with the end of the sequence if it was reached
   * @param prefillNanos until the first token was chosen
   * @param decodeNanos from the first token to the last
   */
  public record Result(End end, int tokens, long prefillNanos, long decodeNanos) {}

  /**
   * Generates.
   *
   * @param sequence empty, with room for prompt and answer
   * @param prompt all of it
   * @param maxTokens at least 1
   */
  public static Result run(
      CachedSequence sequence,
      PromptEmbeddings prompt,
      Sampler sampler,
      int maxTokens,
      Listener listener) {
    long begin = System.nanoTime();
    int eos = sequence.endOfSequence();
    int id = sampler.choose(read(sequence, prompt, listener));
    long first = System.nanoTime();
    listener.token(id);
    int tokens = 1;
    while (id != eos && tokens < maxTokens) {
      listener.check();
      id = sampler.choose(sequence.append(id));
      tokens++;
      listener.token(id);
    }
    End end = id == eos ? End.STOP : End.LENGTH;
    return new Result(end, tokens, first - begin, System.nanoTime() - first);
  }

  /** Appends a prompt piece by piece and returns the logits [V] after it. */
  private static float[] read(CachedSequence sequence, PromptEmbeddings prompt, Listener listener) {
    float[] logits = {};
    for (int from = 0; from < prompt.length(); from += PIECE) {
      listener.check();
      logits = sequence.append(prompt, from, Math.min(from + PIECE, prompt.length()));
    }
    return logits;
  }
}
