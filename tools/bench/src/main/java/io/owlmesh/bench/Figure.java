// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import java.util.Locale;

/**
 * One figure.
 *
 * @param what was measured
 * @param beside what it is to be compared with
 */
public record Figure(String what, double value, String unit, String beside) {
  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%-44s %10.4g %-9s %s", what, value, unit, beside).strip();
  }
}
