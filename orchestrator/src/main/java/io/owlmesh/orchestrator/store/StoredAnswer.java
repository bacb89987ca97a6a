// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import io.owlmesh.proto.chat.v1.Message;

/**
 * An answer as far as it is known.
 *
 * @param fence of the lease that it is, or was, written under
 */
public record StoredAnswer(Message question, Message answer, long fence) {}
