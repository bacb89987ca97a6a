// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.option;

import io.owlmesh.trainer.monitor.ProgressBar;
import java.io.PrintWriter;
import java.util.Locale;

/** How far writing is: one line that changes on a terminal, a line each tenth elsewhere. */
public final class ProgressLine {
  /** Less than this is done before anybody wonders, bytes. */
  private static final long WORTH_SHOWING = 256L << 20;

  private final ProgressBar bar;
  private final boolean terminal;
  private final long begin = System.nanoTime();
  private int shown;

  public ProgressLine(PrintWriter out, boolean terminal) {
    this.bar = new ProgressBar(out, terminal);
    this.terminal = terminal;
  }

  public void at(long bytes, long total) {
    int percent = (int) (bytes * 100 / total);
    int step = terminal ? percent : percent / 10;
    if (total < WORTH_SHOWING || step == shown) {
      return;
    }
    shown = step;
    bar.draw("", (double) bytes / total, text(bytes, total, percent));
    if (bytes == total) {
      bar.end();
    }
  }

  private String text(long bytes, long total, int percent) {
    double seconds = (System.nanoTime() - begin) / 1e9;
    double rate = bytes / seconds;
    return String.format(
        Locale.ROOT,
        "%3d %% of %.1f GB, %.0f MB/s, %.0f s left",
        percent,
        total / 1e9,
        rate / 1e6,
        (total - bytes) / rate);
  }
}
