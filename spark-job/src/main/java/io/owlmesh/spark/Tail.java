// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.spark;

import java.util.ArrayDeque;
import java.util.Deque;

/** The last lines of what a process said. From any thread. */
public final class Tail {
  private static final int LINES = 20;
  private static final int LINE_LENGTH = 1_000;

  private final Deque<String> lines = new ArrayDeque<>();

  /** One more line; of twenty, the first is forgotten. */
  public synchronized void add(String line) {
    if (lines.size() == LINES) {
      lines.removeFirst();
    }
    lines.addLast(line.length() > LINE_LENGTH ? line.substring(0, LINE_LENGTH) + " ..." : line);
  }

  @Override
  public synchronized String toString() {
    return String.join("\n", lines);
  }
}
