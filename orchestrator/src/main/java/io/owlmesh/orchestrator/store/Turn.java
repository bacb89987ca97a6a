// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import io.owlmesh.proto.chat.v1.Message;

/**
 * A turn of a session.
 *
 * @param requestId by which it is known when it is sent again; empty if none
 * @param question the human message
 * @param answer to it
 * @param newQuestion whether the question came with this turn; else it was there and is answered
 *     again
 */
public record Turn(
    String sessionId, String requestId, Message question, Message answer, boolean newQuestion) {}
