// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.core;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The memory that this machine has left. */
public final class AvailableMemory {
  private static final Path MACHINE = Path.of("/proc/meminfo");
  private static final Path PROCESS = Path.of("/proc/self/status");

  private AvailableMemory() {}

  /**
   * Bytes that processes may still take before something is swapped out or ended, as Linux tells;
   * copies of files count as free. In a container no more than what this process leaves of the
   * container's limit. Empty where nobody tells.
   */
  public static OptionalLong bytes() {
    OptionalLong machine = read(MACHINE, "MemAvailable");
    if (machine.isEmpty()) {
      return machine;
    }
    // Of a container, its limit.
    long total =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    long own = read(PROCESS, "RssAnon").orElse(0);
    return OptionalLong.of(Math.max(0, Math.min(machine.getAsLong(), total - own)));
  }

  /**
   * Bytes that a line such as {@code MemAvailable: 1024 kB} of a file of Linux tells; empty without
   * such a line or file.
   */
  public static OptionalLong read(Path file, String key) {
    try {
      Matcher found =
          Pattern.compile("(?m)^" + key + ":\\s+(\\d{1,15}) kB$").matcher(Files.readString(file));
      return found.find()
          ? OptionalLong.of(Long.parseLong(found.group(1)) << 10)
          : OptionalLong.empty();
    } catch (IOException unknown) {
      return OptionalLong.empty();
    }
  }
}
