// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.Session;
import java.util.List;

/**
 * A dialogue up to an answer that somebody rated.
 *
 * @param branch from the first message to that answer, which has the rating
 */
public record RatedDialogue(Session session, List<Message> branch) {
  public RatedDialogue {
    branch = List.copyOf(branch);
  }
}
