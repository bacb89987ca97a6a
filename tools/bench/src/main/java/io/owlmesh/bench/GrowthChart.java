// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import io.owlmesh.bench.Growth.Line;
import io.owlmesh.bench.Growth.Point;
import io.owlmesh.core.RoundScale;
import java.util.Comparator;
import java.util.Formatter;
import java.util.List;
import java.util.Locale;

/** Curves side by side in an SVG picture. */
public final class GrowthChart {
  private static final int COLUMNS = 2;
  private static final int WIDTH = 460;
  private static final int HEIGHT = 230;
  private static final int LEFT = 62;
  private static final int RIGHT = 98;
  private static final int TOP = 38;
  private static final int BOTTOM = 40;
  private static final int LINES = 4;
  private static final int NAME = 14;
  private static final String STYLE =
      """
      <style>
      .page{fill:#ffffff}text{font-size:12px;fill:#424a53}.title{font-weight:600;fill:#1f2328;font-size:13px}
      .grid{stroke:#d0d7de}.c0{stroke:#2f5fb3}.c1{stroke:#b35900}.c2{stroke:#1a7f37}.c3{stroke:#8250df}
      polyline{fill:none;stroke-width:2}circle{fill:#ffffff;stroke-width:1.6}
      @media (prefers-color-scheme: dark){.page,circle{fill:#0d1117}text{fill:#b1bac4}.title{fill:#e6edf3}
      .grid{stroke:#30363d}.c0{stroke:#6ea0f5}.c1{stroke:#f0a35e}.c2{stroke:#56d364}.c3{stroke:#bc8cff}}
      </style>
      """;

  private final StringBuilder svg = new StringBuilder();
  private final Formatter out = new Formatter(svg, Locale.ROOT);

  private GrowthChart() {}

  /** The file: quantities are equally far apart, values begin at 0. */
  public static String svg(List<Growth> curves) {
    GrowthChart chart = new GrowthChart();
    int rows = (curves.size() + COLUMNS - 1) / COLUMNS;
    int height = rows * HEIGHT;
    chart.out.format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\""
            + " role=\"img\" font-family=\"system-ui, Segoe UI, Helvetica, Arial, sans-serif\">\n",
        COLUMNS * WIDTH, height, COLUMNS * WIDTH, height);
    chart.svg.append("<title>How figures grow</title>\n").append(STYLE);
    chart.out.format(
        "<rect class=\"page\" width=\"%d\" height=\"%d\"/>\n", COLUMNS * WIDTH, height);
    for (int i = 0; i < curves.size(); i++) {
      chart.out.format(
          "<g transform=\"translate(%d,%d)\">\n", i % COLUMNS * WIDTH, i / COLUMNS * HEIGHT);
      chart.panel(curves.get(i));
      chart.svg.append("</g>\n");
    }
    return chart.svg.append("</svg>\n").toString();
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;");
  }

  private void panel(Growth growth) {
    double most =
        growth.lines().stream()
            .flatMap(line -> line.points().stream())
            .mapToDouble(Point::value)
            .max()
            .orElse(1);
    RoundScale scale = RoundScale.of(0, most, LINES);
    out.format(
        "<text class=\"title\" x=\"%d\" y=\"20\">%s, %s</text>\n",
        LEFT, escaped(growth.title()), escaped(growth.unit()));
    for (double at : scale.lines()) {
      out.format(
          "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
              + "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
          LEFT,
          WIDTH - RIGHT,
          y(at, scale),
          y(at, scale),
          LEFT - 6,
          y(at, scale) + 4,
          scale.label(at));
    }
    List<Integer> quantities = growth.quantities();
    for (int quantity : quantities) {
      out.format(
          "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%,d</text>\n",
          x(quantity, quantities), HEIGHT - BOTTOM + 16, quantity);
    }
    out.format(
        "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n",
        WIDTH - RIGHT, HEIGHT - BOTTOM + 32, escaped(growth.along()));
    for (int i = 0; i < growth.lines().size(); i++) {
      line(growth.lines().get(i), "c" + i, quantities, scale);
    }
    double free = 0;
    for (Line line : byHeight(growth)) {
      Point last = line.points().getLast();
      double y = Math.max(y(last.value(), scale) + 4, free);
      free = y + NAME;
      out.format(
          "<text x=\"%.1f\" y=\"%.1f\">%s</text>\n",
          x(last.at(), quantities) + 8,
          y,
          line.name().isEmpty() ? Growth.number(last.value()) : escaped(line.name()));
    }
  }

  /** The one that ends highest first. */
  private static List<Line> byHeight(Growth growth) {
    return growth.lines().stream()
        .filter(line -> !line.points().isEmpty())
        .sorted(Comparator.comparingDouble(line -> -line.points().getLast().value()))
        .toList();
  }

  private void line(Line line, String colour, List<Integer> quantities, RoundScale scale) {
    if (line.points().isEmpty()) {
      return;
    }
    out.format("<polyline class=\"%s\" points=\"", colour);
    for (Point point : line.points()) {
      out.format("%.1f,%.1f ", x(point.at(), quantities), y(point.value(), scale));
    }
    svg.append("\"/>\n");
    for (Point point : line.points()) {
      out.format(
          "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"><title>%s</title></circle>\n",
          colour, x(point.at(), quantities), y(point.value(), scale), Growth.number(point.value()));
    }
  }

  private static double x(int quantity, List<Integer> quantities) {
    double width = WIDTH - LEFT - RIGHT - 16;
    return LEFT + 8 + width * quantities.indexOf(quantity) / Math.max(1, quantities.size() - 1);
  }

  private static double y(double value, RoundScale scale) {
    return TOP + (HEIGHT - BOTTOM - TOP) * (1 - scale.share(value));
  }
}
