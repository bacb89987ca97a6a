// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.monitor;

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
    double step = roundStep((high - low) / LINES);
    double from = Math.floor(low / step) * step;
    double to = Math.max(from + step, Math.ceil(high / step) * step);
    StringBuilder svg = new StringBuilder();
    svg.append("<figure><figcaption>").append(title).append("</figcaption>");
    svg.append("<svg viewBox='0 0 %d %d' role=img>".formatted(WIDTH, HEIGHT));
    for (double at = from; at <= to + step / 2; at += step) {
      double y = y(at, from, to);
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
              label(at, step)));
    }
    svg.append("<text x=%d y=%d>%d</text>".formatted(LEFT, HEIGHT - 6, firstStep));
    svg.append(
        "<text x=%d y=%d text-anchor=end>%d</text>"
            .formatted(WIDTH - 4, HEIGHT - 6, firstStep + values.length - 1));
    svg.append(line("raw", values, from, to)).append(line("smooth", smoothed(), from, to));
    return svg.append("</svg></figure>").toString();
  }

  /** 1, 2 or 5 times a power of ten. */
  private static double roundStep(double rough) {
    if (!(rough > 0)) {
      return 1;
    }
    double power = Math.pow(10, Math.floor(Math.log10(rough)));
    double times = rough / power;
    return power * (times <= 1 ? 1 : times <= 2 ? 2 : times <= 5 ? 5 : 10);
  }

  private static String label(double value, double step) {
    if (step >= 1000) {
      return String.format(Locale.ROOT, "%,.0f", value);
    }
    int digits = (int) Math.max(0, -Math.floor(Math.log10(step)));
    return digits > 4
        ? String.format(Locale.ROOT, "%.1e", value)
        : String.format(Locale.ROOT, "%." + digits + "f", value);
  }

  private static double y(double value, double from, double to) {
    return TOP + (HEIGHT - BOTTOM - TOP) * (1 - (value - from) / (to - from));
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

  private static String line(String kind, double[] values, double from, double to) {
    StringBuilder points = new StringBuilder();
    int stride = Math.max(1, values.length / POINTS);
    for (int i = 0; i < values.length; i += stride) {
      if (Double.isFinite(values[i])) {
        double x = LEFT + (double) (WIDTH - LEFT - 4) * i / Math.max(1, values.length - 1);
        points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x, y(values[i], from, to)));
      }
    }
    return "<polyline class=" + kind + " points='" + points + "'/>";
  }
}
