// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.Session;
import java.util.List;

/**
 * A session as it was at one moment.
 *
 * @param messages all of it, parents before children
 */
public record StoredConversation(Session session, List<Message> messages) {
  public StoredConversation {
    messages = List.copyOf(messages);
  }
}
