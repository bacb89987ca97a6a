// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator;

import io.owlmesh.proto.chat.v1.Stage;
import java.util.List;

/** Whoever hears what happens on the way of a question. Called by several threads. */
interface Audience {
  /**
   * A stage finished images.
   *
   * @param cached whether nothing had to be computed for them
   */
  void stage(Stage stage, List<Integer> imageIndices, boolean cached);

  /** More of the answer. */
  void text(String text);

  /** Runs something when the audience keeps up: now, or once it does. */
  void whenReady(Runnable next);
}
