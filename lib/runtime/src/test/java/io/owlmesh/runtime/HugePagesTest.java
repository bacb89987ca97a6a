// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import io.owlmesh.model.script.Script;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class HugePagesTest {
  private static final Path KERNEL = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");
  private static final Path MAPPINGS = Path.of("/proc/self/smaps");
  private static final int MEBIBYTES = 64;

  @Test
  void memoryOfLargeTensorsIsAskedForInLargePages() throws IOException {
    assumeTrue(System.getenv("THP_MEM_ALLOC_ENABLE") == null, "the environment decides");
    assumeTrue(Files.exists(KERNEL) && !Files.readString(KERNEL).contains("[never]"));
    try (Program program = Program.load(Script.EMPTY, 1, EngineOptions.DEFAULTS);
        PtNDManager scope = program.newScope()) {
      long before = askedForKib();
      scope.zeros(new Shape(MEBIBYTES << 18));

      assertThat(askedForKib() - before).isGreaterThanOrEqualTo(MEBIBYTES << 10);
    }
  }

  /** Size of all mappings that carry the mark of large pages, KiB. */
  private static long askedForKib() throws IOException {
    long sum = 0;
    long size = 0;
    for (String line : Files.readAllLines(MAPPINGS)) {
      if (line.startsWith("Size:")) {
        size = Long.parseLong(line.replaceAll("\\D", ""));
      } else if (line.startsWith("VmFlags:") && line.contains(" hg")) {
        sum += size;
      }
    }
    return sum;
  }
}
