// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import io.owlmesh.core.AvailableMemory;
import java.nio.file.Path;
import java.util.OptionalLong;

/** Memory of a process as Linux counts it. */
public final class Memory {
  private Memory() {}

  /** Resident pages, mebibytes; shared ones count in full. */
  public static OptionalLong resident(long pid) {
    return mebibytes(pid, "Rss");
  }

  /**
   * Resident pages, mebibytes; a page shared by n processes counts as one n-th: sums are honest.
   */
  public static OptionalLong proportional(long pid) {
    return mebibytes(pid, "Pss");
  }

  private static OptionalLong mebibytes(long pid, String key) {
    OptionalLong bytes =
        AvailableMemory.read(Path.of("/proc", Long.toString(pid), "smaps_rollup"), key);
    return bytes.isPresent() ? OptionalLong.of(bytes.getAsLong() >> 20) : bytes;
  }
}
