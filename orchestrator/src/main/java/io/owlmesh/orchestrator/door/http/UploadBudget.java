// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.http;

import io.owlmesh.orchestrator.pipeline.AdmissionControl;
import io.owlmesh.wire.identity.Caller;
import java.util.ArrayList;
import java.util.List;

/** The memory that a request's body takes of what all have together. */
final class UploadBudget {
  private static final long LEAST = 64 << 10;

  private final AdmissionControl answers;
  private final Caller caller;
  private final List<Runnable> held = new ArrayList<>();
  private long bytes;
  private boolean left;

  /**
   * @param caller who sends it
   */
  UploadBudget(AdmissionControl answers, Caller caller) {
    this.answers = answers;
    this.caller = caller;
  }

  /** Takes room for a body that needs so much by now and may need more. */
  synchronized void grow(long size) {
    if (size > bytes && !left) {
      long taken = Math.max(size, bytes + LEAST);
      held.add(answers.hold(caller, taken - bytes));
      bytes = taken;
    }
  }

  /** Gives it back. */
  synchronized void leave() {
    left = true;
    held.forEach(Runnable::run);
    held.clear();
  }
}
