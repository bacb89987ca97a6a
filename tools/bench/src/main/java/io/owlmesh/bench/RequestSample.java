// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import io.owlmesh.proto.chat.v1.AnswerDone;

/**
 * One answer.
 *
 * @param wallMicros from the first byte sent to the last event
 * @param firstTextMicros from the first byte sent to the first text; 0 if there was none
 * @param emptyCallMicros of a call that carries nothing, made right after the answer: what the
 *     connection to the front door costs at least
 * @param done what the mesh says about it
 */
public record RequestSample(
    long wallMicros, long firstTextMicros, long emptyCallMicros, AnswerDone done) {
  /** Of decoding alone, which begins with the first token; 0 if there was but one. */
  double tokensPerSecond() {
    long micros = done.getTimings().getDecodeMicros();
    return micros <= 0 ? 0 : (done.getCompletionTokens() - 1) * 1e6 / micros;
  }
}
