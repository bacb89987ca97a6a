// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes what a shell needs to complete our commands. */
@Command(
    name = "completion",
    description = "Prints a script that completes commands and options on Tab.",
    footer = {
      "",
      "For this shell: source <(./owl completion bash). For good, put that line into ~/.bashrc,",
      "or with zsh into ~/.zshrc after: autoload -U compinit && compinit."
    })
public final class CompletionCommand implements Callable<Integer> {
  /** Shells that understand the script: zsh reads it as bash does. */
  enum Shell {
    bash,
    zsh
  }

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @SuppressWarnings({"NullAway.Init", "UnusedVariable"})
  @Parameters(paramLabel = "SHELL", description = "${COMPLETION-CANDIDATES}: the same script.")
  private Shell shell;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    out.print(AutoComplete.bash("owl", spec.root().commandLine()));
    out.flush();
    return 0;
  }
}
