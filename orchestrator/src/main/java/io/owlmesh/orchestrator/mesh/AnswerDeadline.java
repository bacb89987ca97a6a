// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import io.grpc.Context;

/** Tells a deadline that a caller set from our own: only ours blames a stage when it passes. */
public final class AnswerDeadline {
  private static final Context.Key<Boolean> OWN = Context.key("owl.own-deadline");

  private AnswerDeadline() {}

  /** The context of a caller who set no deadline, and gets ours. */
  public static Context own(Context caller) {
    return caller.withValue(OWN, true);
  }

  /** Whether the deadline of the current context is one that a caller set. */
  public static boolean isOfCaller() {
    return Context.current().getDeadline() != null && OWN.get() == null;
  }
}
