// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.core;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Rows of text in columns as wide as they need to be.
 *
 * @param rows the heading first; all of one length
 */
public record Columns(List<List<String>> rows) {
  public Columns {
    rows = List.copyOf(rows);
  }

  @Override
  public String toString() {
    int columns = rows.getFirst().size();
    int[] widths =
        IntStream.range(0, columns)
            .map(c -> rows.stream().mapToInt(row -> row.get(c).length()).max().orElse(0))
            .toArray();
    return rows.stream()
        .map(row ->
            IntStream.range(0, columns)
                .mapToObj(c -> row.get(c) + " ".repeat(widths[c] - row.get(c).length()))
                .collect(Collectors.joining("  "))
                .stripTrailing())
        .collect(Collectors.joining(System.lineSeparator()));
  }
}
