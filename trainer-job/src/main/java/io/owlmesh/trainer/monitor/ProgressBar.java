// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.monitor;

import java.io.Console;
import java.io.PrintWriter;
import java.util.Optional;

/** Draws how far something is: again and again on one line of a terminal, else line after line. */
public final class ProgressBar {
  private static final int WIDTH = 24;
  // Back to the beginning of the line, and wipe it.
  private static final String AGAIN = "\r\u001b[K";

  private final PrintWriter out;
  private final boolean terminal;
  private boolean drawn;

  /**
   * @param terminal whether a line can be drawn again
   */
  public ProgressBar(PrintWriter out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  /** Whether the output of this process is a terminal. */
  public static boolean onTerminal() {
    return Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
  }

  /**
   * Draws.
   *
   * @param what is going on; may be empty
   * @param share of it that is done, 0 to 1
   * @param text to the right of the bar
   */
  public void draw(String what, double share, String text) {
    String before = what.isEmpty() ? "" : what + " ";
    if (terminal) {
      int full = (int) (share * WIDTH);
      out.print(AGAIN + before + "[" + "#".repeat(full) + ".".repeat(WIDTH - full) + "] " + text);
      drawn = true;
    } else {
      out.println(before + text);
    }
    out.flush();
  }

  /** Ends a line that was drawn: what follows begins its own. */
  public void end() {
    if (drawn) {
      out.println();
      out.flush();
      drawn = false;
    }
  }
}
