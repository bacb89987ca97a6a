// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.monitor;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;

/**
 * How far training is: on a terminal one line drawn again and again, elsewhere a plain line now and
 * then.
 */
public final class TrainingProgress {
  private static final double TERMINAL_SECONDS = 0.2;
  private static final double PLAIN_SECONDS = 30;
  private static final int WIDTH = 24;
  // Share of the past in the smoothed numbers.
  private static final double KEPT = 0.95;

  private final PrintWriter out;
  private final boolean terminal;
  private String stage = "";
  private double loss;
  private double rate;
  private double stepSeconds;
  private double sinceDrawn;
  private boolean drawn;

  /**
   * @param terminal whether a line can be drawn again
   */
  public TrainingProgress(PrintWriter out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  /** A step is done. */
  public void step(StepReport report) {
    boolean first = !report.stage().equals(stage);
    stage = report.stage();
    loss = first ? report.loss() : smooth(loss, report.loss());
    double tokens = report.tokens() / Math.max(report.seconds(), 1e-9);
    rate = first ? tokens : smooth(rate, tokens);
    stepSeconds = first ? report.seconds() : smooth(stepSeconds, report.seconds());
    sinceDrawn += report.seconds();
    boolean last = report.step() == report.steps();
    if (first || last || sinceDrawn >= (terminal ? TERMINAL_SECONDS : PLAIN_SECONDS)) {
      sinceDrawn = 0;
      draw(report);
    }
  }

  private static double smooth(double old, double now) {
    return Double.isFinite(now) ? KEPT * old + (1 - KEPT) * now : old;
  }

  private void draw(StepReport report) {
    String text =
        String.format(
            Locale.ROOT,
            "%s %s %d/%d  loss %.4f  %,.0f tokens/s  %s left",
            stage,
            bar((double) report.step() / report.steps()),
            report.step(),
            report.steps(),
            loss,
            rate,
            left((report.steps() - report.step()) * stepSeconds));
    if (terminal) {
      out.print("\r\u001b[K" + text);
      drawn = true;
    } else {
      out.println(text);
    }
    out.flush();
  }

  private String bar(double share) {
    int full = (int) (share * WIDTH);
    return terminal ? "[" + "#".repeat(full) + ".".repeat(WIDTH - full) + "]" : "";
  }

  private static String left(double seconds) {
    Duration time = Duration.ofSeconds(Math.round(seconds));
    return time.toHours() > 0
        ? "%d h %02d min".formatted(time.toHours(), time.toMinutesPart())
        : "%d min %02d s".formatted(time.toMinutes(), time.toSecondsPart());
  }

  /** Something else to say, on a line of its own. */
  public void line(String text) {
    if (drawn) {
      out.println();
      drawn = false;
    }
    out.println(text);
    out.flush();
  }
}
