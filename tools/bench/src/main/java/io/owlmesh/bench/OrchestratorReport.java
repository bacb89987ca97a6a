// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import io.owlmesh.core.Columns;
import java.util.ArrayList;
import java.util.List;

/**
 * What one run on the orchestrator measured.
 *
 * @param what one line: the load
 * @param errors of requests that failed
 */
public record OrchestratorReport(
    String what, List<Spread> times, List<Figure> figures, List<String> errors) {
  public OrchestratorReport {
    times = List.copyOf(times);
    figures = List.copyOf(figures);
    errors = List.copyOf(errors);
  }

  /** For people. */
  @Override
  public String toString() {
    List<String> lines = new ArrayList<>();
    lines.add(what);
    if (!times.isEmpty()) {
      List<List<String>> rows = new ArrayList<>();
      rows.add(List.of("", "P50", "P90", "P99", "MAX"));
      times.forEach(spread -> rows.add(spread.cells()));
      lines.add(new Columns(rows).toString());
    }
    figures.forEach(figure -> lines.add(figure.toString()));
    if (!errors.isEmpty()) {
      lines.add(errors.size() + " request(s) failed, the first with: " + errors.getFirst());
    }
    return String.join(System.lineSeparator(), lines);
  }
}
