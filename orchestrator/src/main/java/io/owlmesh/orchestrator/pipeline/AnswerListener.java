// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.owlmesh.proto.chat.v1.Stage;
import io.owlmesh.proto.llm.v1.Finished;
import io.owlmesh.proto.llm.v1.Token;
import java.util.List;

/** Whoever hears what happens on the way of a question. Called by several threads. */
public interface AnswerListener {
  /**
   * A stage finished images.
   *
   * @param cached whether nothing had to be computed for them
   */
  void stage(Stage stage, List<Integer> imageIndices, boolean cached);

  /**
   * The language model took the prompt; told again by each replica that goes on.
   *
   * @param promptTokens positions of the whole prompt, those of images among them
   */
  default void accepted(int promptTokens) {}

  /** More of an answer. */
  void token(Token token);

  /**
   * The language model's part goes on in another replica; nothing that was told changes.
   *
   * @param tokens that were told so far
   */
  void moved(int tokens);

  /** The end of an answer, with what was held back of its text. */
  void ended(Finished end);

  /** Runs something when the listener keeps up: now, or once it does. */
  void whenReady(Runnable next);
}
