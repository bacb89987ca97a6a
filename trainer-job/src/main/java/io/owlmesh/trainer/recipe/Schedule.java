// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.recipe;

import org.jspecify.annotations.Nullable;

/**
 * The learning rate over the steps of a stage: up from 0 in a line, then down to a share of its
 * peak.
 *
 * @param kind how it falls
 * @param warmup steps until the peak
 * @param floor share of the peak that is left at the end
 */
public record Schedule(Kind kind, int warmup, double floor) {
  /** The shape of the fall. */
  public enum Kind {
    CONSTANT,
    LINEAR,
    COSINE
  }

  public Schedule(@Nullable Kind kind, int warmup, double floor) {
    this.kind = kind == null ? Kind.COSINE : kind;
    this.warmup = warmup;
    this.floor = floor;
    Check.range("schedule.warmup", warmup, 0, Integer.MAX_VALUE);
    Check.range("schedule.floor", floor, 0, 1);
  }

  /**
   * Share of the peak in a step.
   *
   * @param step from 0
   * @param steps of the stage
   */
  public double factor(long step, long steps) {
    if (step < warmup) {
      return (step + 1.0) / warmup;
    }
    double gone = steps <= warmup ? 1 : (double) (step - warmup) / (steps - warmup);
    double left =
        switch (kind) {
          case CONSTANT -> 1;
          case LINEAR -> 1 - gone;
          case COSINE -> (1 + Math.cos(Math.PI * gone)) / 2;
        };
    return floor + (1 - floor) * left;
  }
}
