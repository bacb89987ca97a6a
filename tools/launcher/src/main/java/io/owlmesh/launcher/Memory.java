// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/** Memory of a process as Linux counts it. */
public final class Memory {
  private static final Pattern BLANKS = Pattern.compile("\\s+");

  private Memory() {}

  /** Resident pages, mebibytes; shared ones count in full. */
  public static OptionalLong resident(long pid) {
    return mebibytes(pid, "smaps_rollup", "Rss:");
  }

  /**
   * Resident pages, mebibytes; a page shared by n processes counts as one n-th: sums are honest.
   */
  public static OptionalLong proportional(long pid) {
    return mebibytes(pid, "smaps_rollup", "Pss:");
  }

  private static OptionalLong mebibytes(long pid, String file, String key) {
    try {
      List<String> lines = Files.readAllLines(Path.of("/proc", Long.toString(pid), file));
      return lines.stream()
          .filter(line -> line.startsWith(key))
          .mapToLong(line -> Long.parseLong(BLANKS.split(line, -1)[1]) / 1024)
          .findFirst();
    } catch (IOException unknown) {
      return OptionalLong.empty();
    }
  }
}
