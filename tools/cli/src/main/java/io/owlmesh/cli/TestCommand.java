// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli;

import io.owlmesh.cli.option.ExitCode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

/** Stands in the list of commands: the script runs the tests itself, before this JVM exists. */
@Command(
    name = "test",
    description = "Runs every test; arguments go to Maven (./owl test -pl model).")
final class TestCommand implements Callable<Integer> {
  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @SuppressWarnings("UnusedVariable")
  @Unmatched
  private String[] arguments = {};

  @Override
  public Integer call() {
    spec.commandLine().getErr().println("Run the tests through the script: ./owl test");
    return ExitCode.FAILED;
  }
}
