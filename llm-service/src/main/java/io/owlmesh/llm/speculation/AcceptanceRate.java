// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.speculation;

/**
 * How many of the ids that are proposed for a sequence are those that were chosen, of late: a
 * running mean, in which the last eight count most. Used by one thread.
 */
public final class AcceptanceRate {
  private static final double WEIGHT = 0.125;
  // Of an answer that nothing is known of: enough to try what costs little.
  private static final double UNKNOWN = 0.3;

  private double mean = UNKNOWN;

  /** What was chosen where an id was proposed, all ids before which were right. */
  public void add(boolean accepted) {
    mean += WEIGHT * ((accepted ? 1 : 0) - mean);
  }

  /** From 0 to 1. */
  double mean() {
    return mean;
  }
}
