// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import io.owlmesh.proto.chat.v1.AnswerDone;
import io.owlmesh.proto.llm.v1.FinishReason;
import io.owlmesh.proto.llm.v1.Token;
import java.util.List;

/** How a completion is told: piece by piece, or at once. Calls come one after the other. */
interface Reply {
  /**
   * More of a choice.
   *
   * @param tokens whose probabilities are wanted
   */
  void more(int choice, String text, List<Token> tokens);

  /** The end of a choice. */
  void ended(int choice, FinishReason reason);

  /** The end of all. */
  void done(AnswerDone done);

  /** Nothing more will come, for this reason. */
  void failed(Throwable failure);

  /** Runs something when the caller keeps up: now, or once it does. */
  void whenReady(Runnable next);
}
