// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.client;

import io.owlmesh.proto.chat.v1.SendMessageResponse;

/** Hears what happens in a turn. */
public interface TurnObserver {
  /** The next event of the turn, in order, one at a time. */
  void event(SendMessageResponse event);

  /** The connection broke, and the turn is asked for again: its events begin anew. */
  void again();
}
