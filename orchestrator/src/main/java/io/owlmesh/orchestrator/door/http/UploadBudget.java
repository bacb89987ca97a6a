// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.http;

import io.owlmesh.orchestrator.pipeline.AdmissionControl;
import java.util.ArrayList;
import java.util.List;

/** The memory that a request's body takes of what all have together. */
final class UploadBudget {
  private static final long LEAST = 64 << 10;

  private final AdmissionControl answers;
  private final int copies;
  private final List<Runnable> held = new ArrayList<>();
  private long bytes;
  private boolean left;

  /**
   * @param copies how often the body will be in memory, at most
   */
  UploadBudget(AdmissionControl answers, int copies) {
    this.answers = answers;
    this.copies = copies;
  }

  /** Takes room for a body whose size is known. */
  synchronized void take(long size) {
    if (size > bytes && !left) {
      held.add(answers.hold(copies * (size - bytes)));
      bytes = size;
    }
  }

  /** Takes room for a body that has grown to a size and may grow on. */
  synchronized void grow(long size) {
    if (size > bytes) {
      take(Math.max(size, Math.max(LEAST, 2 * bytes)));
    }
  }

  /** Gives it back. */
  synchronized void leave() {
    left = true;
    held.forEach(Runnable::run);
    held.clear();
  }
}
