// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.verify;

import io.owlmesh.core.DType;
import java.util.Locale;

/** How far computed values are from expected ones, over any number of tensors. */
final class Closeness {
  private static final double ABSOLUTE = 2e-4;
  private static final double RELATIVE = 1e-4;

  private final boolean exact;
  private final double norm;
  private long count;
  private boolean within = true;
  private double worst;
  private double worstNorm;

  /**
   * @param arithmetic float32 is compared value by value, 16-bit types by the norm of the
   *     difference
   * @param norm that the difference may have, of the norm of what is expected
   */
  Closeness(DType arithmetic, double norm) {
    this.norm = norm;
    this.exact = arithmetic == DType.FLOAT32;
  }

  void add(float[] actual, float[] expected) {
    if (actual.length != expected.length) {
      within = false;
      worst = Double.NaN;
      return;
    }
    double difference = 0;
    double whole = 0;
    for (int i = 0; i < actual.length; i++) {
      double delta = Math.abs((double) actual[i] - expected[i]);
      worst = Math.max(worst, delta);
      // Written so that NaN fails.
      within &= !exact || delta <= ABSOLUTE + RELATIVE * Math.abs(expected[i]);
      difference += delta * delta;
      whole += (double) expected[i] * expected[i];
    }
    double relative = Math.sqrt(difference / whole);
    worstNorm = Math.max(worstNorm, relative);
    within &= exact || relative < norm;
    count += actual.length;
  }

  Row row(String check, String subject) {
    return exact
        ? new Row(check, subject, count, number(worst), "2e-4 + 1e-4 |x|", within && count > 0)
        : new Row(
            check, subject, count, number(worstNorm), number(norm) + " ||x||", within && count > 0);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.1e", value);
  }
}
