// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.eval;

import java.io.IOException;

/** What is measured: it answers greedily. */
public interface Answerer extends AutoCloseable {
  /**
   * The answer to a question.
   *
   * @throws IOException if an image cannot be read
   */
  String answer(EvalQuestion question) throws IOException;

  @Override
  void close();
}
