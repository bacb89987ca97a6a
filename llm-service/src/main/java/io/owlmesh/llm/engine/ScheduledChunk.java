// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

/** A part of a step: the next positions of a sequence. */
record ScheduledChunk(Sequence sequence, int positions) {
  /** Positions that are not those of an answer that goes on token by token. */
  int read() {
    return sequence.isDecoding() ? 0 : positions;
  }

  /** Whether a token is chosen after it. */
  boolean completes() {
    return sequence.ahead() == positions;
  }
}
