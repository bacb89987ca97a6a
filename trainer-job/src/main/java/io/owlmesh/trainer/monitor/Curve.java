// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.monitor;

import io.owlmesh.core.RoundScale;
import java.util.Arrays;
import java.util.Locale;

/** A curve over steps as an SVG picture: raw values thin, smoothed ones above them. */
final class Curve {
  private static final int WIDTH = 720;
  private static final int HEIGHT = 220;
  private static final int LEFT = 64;
  private static final int BOTTOM = 26;
  private static final int TOP = 10;
  private static final int LINES = 4;
  private static final int POINTS = 400;
  private static final double KEPT = 0.95;

  private final String title;
  private final long firstStep;
  private final double[] values;

  /**
   * @param firstStep step of the first value; others follow one by one
   */
  Curve(String title, long firstStep, double[] values) {
    this.title = title;
    this.firstStep = firstStep;
    this.values = values.clone();
  }

  /** The element. */
  String svg() {
    double low = Arrays.stream(values).filter(Double::isFinite).min().orElse(0);
    double high = Arrays.stream(values).filter(Double::isFinite).max().orElse(1);
    RoundScale scale = RoundScale.of(low, high, LINES);
    StringBuilder svg = new StringBuilder();
    svg.append("<figure><figcaption>").append(title).append("</figcaption>");
    svg.append("<svg viewBox='0 0 %d %d' role=img>".formatted(WIDTH, HEIGHT));
    for (double at : scale.lines()) {
      double y = y(at, scale);
      svg.append(
          String.format(
              Locale.ROOT,
              "<line class=grid x1=%d x2=%d y1=%.1f y2=%.1f /><text x=%d y=%.1f"
                  + " text-anchor=end>%s</text>",
              LEFT,
              WIDTH,
              y,
              y,
              LEFT - 6,
              y + 4,
              scale.label(at)));
    }
    svg.append("<text x=%d y=%d>%d</text>".formatted(LEFT, HEIGHT - 6, firstStep));
    svg.append(
        "<text x=%d y=%d text-anchor=end>%d</text>"
            .formatted(WIDTH - 4, HEIGHT - 6, firstStep + values.length - 1));
    svg.append(line("raw", values, scale)).append(line("smooth", smoothed(), scale));
    return svg.append("</svg></figure>").toString();
  }

  private static double y(double value, RoundScale scale) {
    return TOP + (HEIGHT - BOTTOM - TOP) * (1 - scale.share(value));
  }

  private double[] smoothed() {
    double[] smooth = values.clone();
    for (int i = 1; i < smooth.length; i++) {
      smooth[i] =
          Double.isFinite(smooth[i])
              ? KEPT * smooth[i - 1] + (1 - KEPT) * smooth[i]
              : smooth[i - 1];
    }
    return smooth;
  }

  private static String line(String kind, double[] values, RoundScale scale) {
    StringBuilder points = new StringBuilder();
    int stride = Math.max(1, values.length / POINTS);
    for (int i = 0; i < values.length; i += stride) {
      if (Double.isFinite(values[i])) {
        double x = LEFT + (double) (WIDTH - LEFT - 4) * i / Math.max(1, values.length - 1);
        points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x, y(values[i], scale)));
      }
    }
    return "<polyline class=" + kind + " points='" + points + "'/>";
  }
}
