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
  // Share of the past in the smoothed numbers.
  private static final double KEPT = 0.95;

  private final PrintWriter out;
  private final boolean terminal;
  private final ProgressBar bar;
  private String stage = "";
  private double loss;
  private double rate;
  private double stepSeconds;
  private double sinceDrawn;

  /**
   * @param terminal whether a line can be drawn again
   */
  public TrainingProgress(PrintWriter out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
    this.bar = new ProgressBar(out, terminal);
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
    bar.draw(
        stage,
        (double) report.step() / report.steps(),
        String.format(
            Locale.ROOT,
            "%d/%d  loss %.4f  %,.0f tokens/s  %s left",
            report.step(),
            report.steps(),
            loss,
            rate,
            left((report.steps() - report.step()) * stepSeconds)));
  }

  private static String left(double seconds) {
    Duration time = Duration.ofSeconds(Math.round(seconds));
    return time.toHours() > 0
        ? "%d h %02d min".formatted(time.toHours(), time.toMinutesPart())
        : "%d min %02d s".formatted(time.toMinutes(), time.toSecondsPart());
  }

  /** Something else to say, on a line of its own. */
  public void line(String text) {
    bar.end();
    out.println(text);
    out.flush();
  }
}
