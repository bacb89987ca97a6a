// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What this machine has left. */
final class HostMemory {
  private static final Pattern AVAILABLE = Pattern.compile("(?m)^MemAvailable:\\s+(\\d+) kB$");

  private HostMemory() {}

  /** Bytes that processes may still take before others are swapped or killed, as Linux tells. */
  static long available() throws IOException {
    Matcher found = AVAILABLE.matcher(Files.readString(Path.of("/proc/meminfo")));
    return found.find() ? Long.parseLong(found.group(1)) << 10 : Long.MAX_VALUE;
  }
}
