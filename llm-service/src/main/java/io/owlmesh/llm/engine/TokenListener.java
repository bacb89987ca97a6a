// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

/**
 * Who waits for the answers of a request. Called on the engine's thread, which no method may hold
 * up; after {@link #finished} or {@link #failed} nothing is called any more.
 */
public interface TokenListener {
  /** Whether it takes more now. While not, its sequence pauses, and others go on. */
  default boolean isReady() {
    return true;
  }

  /** Whether nobody waits any more. */
  default boolean isGone() {
    return false;
  }

  /** The prompt is being read. */
  default void admitted(long queueNanos, int cachedPositions) {}

  /**
   * A token was chosen; the end of the sequence is one too.
   *
   * @param answer it belongs to, counted from 0
   * @return whether more is wanted; if not, the answer ends as if the model had ended it
   */
  default boolean token(int answer, int id) {
    return true;
  }

  /** An answer is complete. */
  default void ended(int answer, AnswerStats stats) {}

  /** All answers are complete. */
  void finished();

  /** There will be no answer, or no more of it. */
  void failed(RuntimeException why);
}
