// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.speculation;

/** How long steps of one sequence take. */
public interface StepTimes {
  /** A step of so many rows took so long. */
  void add(int rows, long nanos);

  /** Whether enough is known of steps of so many rows; if not, one should be tried. */
  boolean isKnown(int rows);

  /** The time of a step of so many rows over that of one row, if both are known. */
  double ratio(int rows);
}
