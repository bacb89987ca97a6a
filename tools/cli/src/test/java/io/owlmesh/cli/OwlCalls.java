// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli;

import io.owlmesh.cli.option.Home;
import io.owlmesh.cli.option.StandardInput;
import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

/** Calls the command line as a terminal would. */
public final class OwlCalls {
  public final StringWriter out = new StringWriter();
  public final StringWriter err = new StringWriter();
  private final Path home;

  public OwlCalls(Path home) {
    this.home = home;
  }

  public int call(String... arguments) {
    return callWith("", arguments);
  }

  /** The same with something on standard input, as over a pipe. */
  public int callWith(String input, String... arguments) {
    return callWith(input.getBytes(StandardCharsets.UTF_8), arguments);
  }

  public int callWith(byte[] input, String... arguments) {
    StandardInput in = new StandardInput(new ByteArrayInputStream(input), false);
    CommandLine line = Owl.commandLine(new Home(home), in, Ansi.OFF);
    line.setOut(new PrintWriter(out));
    line.setErr(new PrintWriter(err));
    return line.execute(arguments);
  }
}
