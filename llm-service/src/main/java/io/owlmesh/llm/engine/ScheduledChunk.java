// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import io.owlmesh.llm.speculation.DraftTokens;

/**
 * A part of a step: the next positions of a sequence, and proposed ids after them.
 *
 * @param positions whose ids are known
 */
record ScheduledChunk(Sequence sequence, int positions, DraftTokens draft) {
  ScheduledChunk(Sequence sequence, int positions) {
    this(sequence, positions, DraftTokens.NONE);
  }

  /** Positions that are computed. */
  int rows() {
    return positions + draft.computed();
  }

  /** Positions that are not those of an answer that goes on token by token. */
  int read() {
    return sequence.isDecoding() ? 0 : positions;
  }

  /** Whether a token is chosen after it. */
  boolean completes() {
    return sequence.ahead() == positions;
  }
}
