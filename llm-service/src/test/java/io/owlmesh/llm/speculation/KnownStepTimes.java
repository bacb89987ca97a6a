// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.speculation;

import java.util.function.IntToDoubleFunction;

/** Times that are known from the start, by number of rows. */
public record KnownStepTimes(IntToDoubleFunction ratios) implements StepTimes {
  /** As if more rows took next to nothing: whatever is proposed is computed. */
  public static final KnownStepTimes CHEAP = new KnownStepTimes(rows -> rows == 1 ? 1 : 0.01);

  @Override
  public void add(int rows, long nanos) {}

  @Override
  public boolean isKnown(int rows) {
    return true;
  }

  @Override
  public double ratio(int rows) {
    return ratios.applyAsDouble(rows);
  }
}
