// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.owlmesh.proto.chat.v1.AnswerDone;

/** Whoever asked: hears what happens on the way, and then one of two ends, once. */
public interface AnswerObserver extends AnswerListener {
  /** All is told. */
  void done(AnswerDone done);

  /** Nothing more will come, for this reason. */
  void fail(Throwable failure);
}
