// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.core;

import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * An axis of a drawing, from one round number to another.
 *
 * @param step between lines: 1, 2 or 5 times a power of ten
 */
public record RoundScale(double from, double to, double step) {
  /**
   * A scale that has room for all values.
   *
   * @param lines about how many it has
   */
  public static RoundScale of(double low, double high, int lines) {
    double step = round((high - low) / lines);
    double from = Math.floor(low / step) * step;
    return new RoundScale(from, Math.max(from + step, Math.ceil(high / step) * step), step);
  }

  private static double round(double rough) {
    if (!(rough > 0)) {
      return 1;
    }
    double power = Math.pow(10, Math.floor(Math.log10(rough)));
    double times = rough / power;
    return power * (times <= 1 ? 1 : times <= 2 ? 2 : times <= 5 ? 5 : 10);
  }

  /** Values of its lines. */
  public List<Double> lines() {
    return IntStream.rangeClosed(0, (int) Math.round((to - from) / step))
        .mapToObj(i -> from + i * step)
        .toList();
  }

  /** Where a value lies: 0 at the beginning, 1 at the end. */
  public double share(double value) {
    return (value - from) / (to - from);
  }

  /** A value of a line, with the digits that differ. */
  public String label(double value) {
    if (step >= 1000) {
      return String.format(Locale.ROOT, "%,.0f", value);
    }
    int digits = (int) Math.max(0, -Math.floor(Math.log10(step)));
    return digits > 4
        ? String.format(Locale.ROOT, "%.1e", value)
        : String.format(Locale.ROOT, "%." + digits + "f", value);
  }
}
