// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import io.owlmesh.proto.chat.v1.Message;

/**
 * A turn of a session.
 *
 * @param requestId by which it is known when it is sent again; empty if none
 * @param asked SHA-256 of all that was asked, by which another request of the same id is known
 * @param question the human message
 * @param answer to it
 * @param newQuestion whether the question came with this turn; else it was there and is answered
 *     again
 */
public record Turn(
    String sessionId,
    String requestId,
    String asked,
    Message question,
    Message answer,
    boolean newQuestion) {
  /** The same, with the name of the model that answers. */
  public Turn answeredBy(String model) {
    Message named = answer.toBuilder().setModel(model).build();
    return new Turn(sessionId, requestId, asked, question, named, newQuestion);
  }
}
