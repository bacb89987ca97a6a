// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.core;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Rows of text in columns as wide as they need to be.
 *
 * @param rows the heading first; all of one length
 * @param numbers indices of the columns that are flush right
 */
public record Columns(List<List<String>> rows, Set<Integer> numbers) {
  public Columns {
    rows = List.copyOf(rows);
    numbers = Set.copyOf(numbers);
  }

  /** Of words alone. */
  public Columns(List<List<String>> rows) {
    this(rows, Set.of());
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
                .mapToObj(c -> padded(c, row.get(c), widths[c]))
                .collect(Collectors.joining("  "))
                .stripTrailing())
        .collect(Collectors.joining(System.lineSeparator()));
  }

  private String padded(int column, String text, int width) {
    String pad = " ".repeat(width - text.length());
    return numbers.contains(column) ? pad + text : text + pad;
  }
}
