// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import picocli.CommandLine;

/** Calls the command line as a terminal would. */
final class OwlCalls {
  final StringWriter out = new StringWriter();
  final StringWriter err = new StringWriter();
  private final Path home;

  OwlCalls(Path home) {
    this.home = home;
  }

  int call(String... arguments) {
    CommandLine line = Owl.commandLine(new Home(home));
    line.setOut(new PrintWriter(out));
    line.setErr(new PrintWriter(err));
    return line.execute(arguments);
  }
}
