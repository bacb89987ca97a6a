// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import io.owlmesh.proto.chat.v1.SendMessageResponse;

/** Whoever sent a message: hears of its turn, and then one of two ends, once. */
public interface TurnListener {
  /** Something happened. */
  void event(SendMessageResponse event);

  /** All is told. */
  void completed();

  /** Nothing more will come, for this reason. */
  void failed(Throwable failure);

  /** Runs something when the listener keeps up: now, or once it does. */
  void whenReady(Runnable next);
}
