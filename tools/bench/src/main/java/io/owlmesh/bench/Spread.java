// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import java.util.List;
import java.util.Locale;

/**
 * How long something took over many times, milliseconds.
 *
 * @param what was measured
 */
public record Spread(String what, double p50, double p90, double p99, double max) {
  static Spread of(String what, Distribution millis) {
    return new Spread(
        what,
        millis.percentile(0.5),
        millis.percentile(0.9),
        millis.percentile(0.99),
        millis.percentile(1));
  }

  /** How much more each of these is than of another spread. */
  Spread minus(String difference, Spread other) {
    return new Spread(
        difference, p50 - other.p50, p90 - other.p90, p99 - other.p99, max - other.max);
  }

  List<String> cells() {
    return List.of(what, cell(p50), cell(p90), cell(p99), cell(max));
  }

  private static String cell(double millis) {
    double size = Math.abs(millis);
    if (size < 10) {
      return String.format(Locale.ROOT, "%.2f ms", millis);
    }
    return size < 1000
        ? String.format(Locale.ROOT, "%.0f ms", millis)
        : String.format(Locale.ROOT, "%.1f s", millis / 1000);
  }
}
