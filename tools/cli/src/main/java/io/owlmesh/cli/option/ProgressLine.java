// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.option;

import java.io.Console;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Optional;

/** How far writing is: one line that changes on a terminal, a line each tenth elsewhere. */
public final class ProgressLine {
  private static final int WIDTH = 30;

  /** Less than this is done before anybody wonders, bytes. */
  private static final long WORTH_SHOWING = 256L << 20;

  private final PrintWriter out;
  private final boolean terminal;
  private final long begin = System.nanoTime();
  private int shown;

  public ProgressLine(PrintWriter out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  public static boolean onTerminal() {
    return Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
  }

  public void at(long bytes, long total) {
    int percent = (int) (bytes * 100 / total);
    int step = terminal ? percent : percent / 10;
    if (total < WORTH_SHOWING || step == shown) {
      return;
    }
    shown = step;
    if (terminal) {
      int full = percent * WIDTH / 100;
      out.print("\r[" + "#".repeat(full) + " ".repeat(WIDTH - full) + "] ");
    }
    out.print(text(bytes, total, percent));
    if (!terminal || bytes == total) {
      out.println();
    }
    out.flush();
  }

  private String text(long bytes, long total, int percent) {
    double seconds = (System.nanoTime() - begin) / 1e9;
    double rate = bytes / seconds;
    // Blanks at the end wipe what a longer line left.
    return String.format(
        Locale.ROOT,
        "%3d %% of %.1f GB, %.0f MB/s, %.0f s left%s",
        percent,
        total / 1e9,
        rate / 1e6,
        (total - bytes) / rate,
        terminal ? "   " : "");
  }
}
