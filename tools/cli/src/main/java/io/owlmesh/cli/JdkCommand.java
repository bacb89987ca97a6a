// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The script answers this one itself, before anything is built. */
@Command(name = "jdk", description = "Prints the folder of the JDK that all this runs on.")
public final class JdkCommand implements Callable<Integer> {
  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @Override
  public Integer call() {
    spec.commandLine().getOut().println(System.getProperty("java.home"));
    spec.commandLine().getOut().flush();
    return 0;
  }
}
