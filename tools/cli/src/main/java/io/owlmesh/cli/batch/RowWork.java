// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.batch;

import io.owlmesh.client.AnswerFailed;
import java.io.IOException;

/** What is done for each row of a batch: it may be tried again. */
interface RowWork {
  /** Digest of all that a row's result depends on beside the row, see {@link BatchRow#model}. */
  String model();

  /**
   * Has the mesh do it, and keeps what comes of it.
   *
   * @param key by which it is known
   * @throws AnswerFailed if the mesh does not do it
   * @throws IOException if the result cannot be kept
   */
  void run(BatchRow.Loaded row, String key) throws AnswerFailed, IOException, InterruptedException;
}
