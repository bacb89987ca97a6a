// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.checkpoint;

import io.owlmesh.cli.option.ExitCode;
import io.owlmesh.model.inspect.Inspection;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows a checkpoint. */
@Command(
    name = "inspect",
    description = "Shows what a checkpoint folder holds, and everything that is wrong with it.",
    footer = {
      "",
      "Reads the weights too, to find what is no number. Exit code 1 if something is wrong."
    })
final class InspectCommand implements Callable<Integer> {
  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @SuppressWarnings("NullAway.Init")
  @Parameters(paramLabel = "DIR", description = "Checkpoint folder, Hugging Face layout.")
  private Path folder;

  @Override
  public Integer call() {
    Inspection inspection = Inspection.of(folder);
    PrintWriter out = spec.commandLine().getOut();
    out.println(inspection.toText().stripTrailing());
    out.flush();
    return inspection.isSound() ? 0 : ExitCode.FAILED;
  }
}
