// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli;

import io.owlmesh.cli.option.Home;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import picocli.CommandLine;

/** Calls the command line as a terminal would. */
public final class OwlCalls {
  public final StringWriter out = new StringWriter();
  public final StringWriter err = new StringWriter();
  private final Path home;

  public OwlCalls(Path home) {
    this.home = home;
  }

  public int call(String... arguments) {
    CommandLine line = Owl.commandLine(new Home(home));
    line.setOut(new PrintWriter(out));
    line.setErr(new PrintWriter(err));
    return line.execute(arguments);
  }
}
