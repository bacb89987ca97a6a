// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.deploy.kubelet;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Programs of this machine. */
final class Programs {
  private Programs() {}

  /** Those that are not there. */
  static List<String> missing(String... programs) {
    List<Path> folders =
        Arrays.stream(System.getenv("PATH").split(Pattern.quote(File.pathSeparator)))
            .map(Path::of)
            .toList();
    return Stream.of(programs)
        .filter(name -> folders.stream().noneMatch(one -> Files.isExecutable(one.resolve(name))))
        .toList();
  }

  /**
   * What a program prints.
   *
   * @throws IOException with what it said, if it does not end well
   */
  static String run(List<String> command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.onExit().join().exitValue() != 0) {
      throw new IOException(String.join(" ", command) + ": " + said);
    }
    return said.strip();
  }

  static String run(String... command) throws IOException {
    return run(List.of(command));
  }
}
