// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import io.owlmesh.core.Columns;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * How a figure grows with a quantity.
 *
 * @param title what was measured
 * @param along the quantity
 * @param unit of what was measured
 */
public record Growth(String title, String along, String unit, List<Line> lines) {
  public Growth {
    lines = List.copyOf(lines);
  }

  /**
   * One of several ways to measure it.
   *
   * @param name empty if there is but one
   * @param points by their quantity, the least first
   */
  public record Line(String name, List<Point> points) {
    public Line {
      points = List.copyOf(points);
    }

    private Optional<Double> at(int quantity) {
      return points.stream().filter(p -> p.at() == quantity).map(Point::value).findFirst();
    }
  }

  /** A value at a quantity. */
  public record Point(int at, double value) {}

  /** All quantities at which there is a value, the least first. */
  List<Integer> quantities() {
    return lines.stream()
        .flatMap(line -> line.points().stream())
        .map(Point::at)
        .distinct()
        .sorted()
        .toList();
  }

  static String number(double value) {
    return value >= 100
        ? String.format(Locale.ROOT, "%,.0f", value)
        : String.format(Locale.ROOT, value >= 10 ? "%.1f" : "%.2f", value);
  }

  /** A table, with a column for each quantity. */
  @Override
  public String toString() {
    List<Integer> quantities = quantities();
    List<List<String>> rows = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of(along));
    quantities.forEach(at -> head.add(String.format(Locale.ROOT, "%,d", at)));
    rows.add(head);
    for (Line line : lines) {
      List<String> row = new ArrayList<>();
      row.add(title + (line.name().isEmpty() ? "" : ", " + line.name()) + ", " + unit);
      quantities.forEach(at -> row.add(line.at(at).map(Growth::number).orElse("")));
      rows.add(row);
    }
    return new Columns(
            rows, IntStream.rangeClosed(1, quantities.size()).boxed().collect(Collectors.toSet()))
        .toString();
  }
}
