// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/** The command line of a service's JVM. */
final class ServiceCommand {
  /** More flags for every service, separated by blanks. They follow ours, and so win. */
  static final String EXTRA_FLAGS = "OWL_JAVA_OPTS";

  /**
   * The heap holds requests, not weights: those live in the engine's native memory. A small heap
   * with the serial collector costs the least memory and threads beside three siblings; pauses on
   * 512 MB stay far below the time of one token. The young generation is small because tensors lie
   * in direct memory and leave little in the heap: without frequent small collections, that memory
   * runs into its limit (also 512 MB) and is freed by full ones, of 20 ms each. Measured on two
   * cores, three stages together: ready in 4.9 s; in 3.4 s with -XX:TieredStopAtLevel=1, which
   * would slow the decoding of images for good; an AOT cache on top wins half a second more, and
   * takes 60 MB and a training run a service.
   */
  private static final List<String> FLAGS =
      List.of(
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow",
          "-Xmx512m",
          "-Xmn32m",
          "-XX:+UseSerialGC",
          "-XX:+ExitOnOutOfMemoryError",
          "-Xshare:auto",
          "-Dstdout.encoding=UTF-8",
          "-Dstderr.encoding=UTF-8");

  // The language model's kernels; without it, PyTorch computes all steps.
  private static final String VECTORS = "jdk.incubator.vector";

  private static final Pattern BLANKS = Pattern.compile("\\s+");
  private static final Path SETSID = Path.of("/usr/bin/setsid");

  private ServiceCommand() {}

  static List<String> of(Path jar) {
    List<String> command = new ArrayList<>(ownSession());
    command.add(java().toString());
    command.addAll(FLAGS);
    if (ModuleFinder.ofSystem().find(VECTORS).isPresent()) {
      command.add("--add-modules=" + VECTORS);
    }
    String extra = System.getenv().getOrDefault(EXTRA_FLAGS, "").strip();
    if (!extra.isEmpty()) {
      command.addAll(Arrays.asList(BLANKS.split(extra)));
    }
    command.add("-jar");
    command.add(jar.toString());
    return command;
  }

  /** Where the flags begin; those that a person gave come after ours, and win. */
  static int flags(List<String> command) {
    return command.indexOf(java().toString()) + 1;
  }

  /**
   * Gives a command a session of its own: the terminal's Ctrl-C reaches the launcher alone, which
   * then stops the services in order, and a detached mesh outlives its terminal.
   */
  static List<String> ownSession() {
    return Files.isExecutable(SETSID) ? List.of(SETSID.toString()) : List.of();
  }

  /** The JVM that runs this process runs the others, too. */
  static Path java() {
    return Path.of(System.getProperty("java.home"), "bin", "java");
  }
}
