// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Finds who listens on a port, where Linux tells it; processes of other users stay unnamed. */
final class PortHolder {
  private static final Path PROC = Path.of("/proc");
  private static final Pattern BLANKS = Pattern.compile("\\s+");
  private static final String LISTENING = "0A";

  private PortHolder() {}

  /** For example {@code process 4711 (/usr/bin/python3)}; empty if it cannot be told. */
  static Optional<String> describe(int port) {
    try {
      Set<String> sockets = listeningSockets(port);
      if (sockets.isEmpty()) {
        return Optional.empty();
      }
      return ProcessHandle.allProcesses()
          .filter(process -> holdsAny(process.pid(), sockets))
          .findFirst()
          .map(process ->
              "process %d%s"
                  .formatted(
                      process.pid(),
                      process.info().command().map(path -> " (" + path + ")").orElse("")));
    } catch (IOException notLinux) {
      return Optional.empty();
    }
  }

  /** The links that a holder's descriptors show, {@code socket:[inode]}. */
  private static Set<String> listeningSockets(int port) throws IOException {
    String suffix = ":%04X".formatted(port);
    Set<String> sockets = new HashSet<>();
    for (String table : List.of("net/tcp", "net/tcp6")) {
      Path file = PROC.resolve(table);
      for (String line : Files.exists(file) ? Files.readAllLines(file) : List.<String>of()) {
        String[] fields = BLANKS.split(line.strip(), -1);
        if (fields.length > 9
            && fields[1].toUpperCase(Locale.ROOT).endsWith(suffix)
            && fields[3].equals(LISTENING)) {
          sockets.add("socket:[" + fields[9] + "]");
        }
      }
    }
    return sockets;
  }

  private static boolean holdsAny(long pid, Set<String> sockets) {
    try (DirectoryStream<Path> descriptors =
        Files.newDirectoryStream(PROC.resolve(Long.toString(pid)).resolve("fd"))) {
      for (Path descriptor : descriptors) {
        if (sockets.contains(target(descriptor))) {
          return true;
        }
      }
      return false;
    } catch (IOException notOurs) {
      return false;
    }
  }

  private static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException closedMeanwhile) {
      return "";
    }
  }
}
