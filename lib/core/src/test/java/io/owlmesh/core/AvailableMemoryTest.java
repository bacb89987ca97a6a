// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class AvailableMemoryTest {
  @TempDir private Path folder;

  @Test
  void aLineIsReadInBytes() throws IOException {
    Path file = folder.resolve("meminfo");
    Files.writeString(file, "MemTotal:       24 kB\nMemAvailable:    7 kB\nCached: 9 kB\n");

    assertThat(AvailableMemory.read(file, "MemAvailable")).hasValue(7 << 10);
  }

  @Test
  void whatNobodyTellsIsNotKnown() throws IOException {
    Path file = folder.resolve("meminfo");
    assertThat(AvailableMemory.read(file, "MemAvailable")).isEmpty();
    Files.writeString(file, "MemAvailable: much\n");

    assertThat(AvailableMemory.read(file, "MemAvailable")).isEmpty();
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void thisMachineHasSomeLeft() {
    assertThat(AvailableMemory.bytes().orElseThrow()).isPositive();
  }
}
