// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.eval;

/**
 * How many of a group of questions were answered right.
 *
 * @param kind what the group is by: {@code ability}, {@code skill}, {@code language}
 */
public record Score(String kind, String name, int right, int total) {
  // Of the normal distribution, for 95 %.
  private static final double Z = 1.959963984540054;

  /** Share of right answers; not a number for an empty group. */
  public double accuracy() {
    return (double) right / total;
  }

  /** Lower end of the Wilson score interval at 95 % (E. B. Wilson, 1927). */
  public double low() {
    return Math.max(0, centre() - half());
  }

  /** Upper end of the same. */
  public double high() {
    return Math.min(1, centre() + half());
  }

  private double centre() {
    return (accuracy() + Z * Z / (2 * total)) / (1 + Z * Z / total);
  }

  private double half() {
    double p = accuracy();
    return Z / (1 + Z * Z / total) * Math.sqrt(p * (1 - p) / total + Z * Z / (4.0 * total * total));
  }
}
