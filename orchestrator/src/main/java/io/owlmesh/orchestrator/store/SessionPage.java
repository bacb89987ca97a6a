// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import io.owlmesh.proto.chat.v1.Session;
import java.util.List;

/**
 * Some of all sessions.
 *
 * @param nextToken where the next page begins; empty if this is the last one
 */
public record SessionPage(List<Session> sessions, String nextToken) {
  public SessionPage {
    sessions = List.copyOf(sessions);
  }
}
