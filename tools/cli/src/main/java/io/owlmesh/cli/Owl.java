// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli;

import io.owlmesh.cli.batch.BatchCommand;
import io.owlmesh.cli.bench.BenchCommand;
import io.owlmesh.cli.bench.BenchGrowthCommand;
import io.owlmesh.cli.bench.BenchLlmCommand;
import io.owlmesh.cli.bench.BenchMeshCommand;
import io.owlmesh.cli.bench.BenchOrchestratorCommand;
import io.owlmesh.cli.bench.BenchPeersCommand;
import io.owlmesh.cli.chat.AskCommand;
import io.owlmesh.cli.chat.ChatCommand;
import io.owlmesh.cli.chat.SessionsCommand;
import io.owlmesh.cli.checkpoint.CheckpointCommand;
import io.owlmesh.cli.checkpoint.VerifyCommand;
import io.owlmesh.cli.doctor.DoctorCommand;
import io.owlmesh.cli.mesh.AdaptersCommand;
import io.owlmesh.cli.mesh.AuditCommand;
import io.owlmesh.cli.mesh.BackupCommand;
import io.owlmesh.cli.mesh.CanaryCommand;
import io.owlmesh.cli.mesh.DownCommand;
import io.owlmesh.cli.mesh.DrainCommand;
import io.owlmesh.cli.mesh.ImagesCommand;
import io.owlmesh.cli.mesh.KeysCommand;
import io.owlmesh.cli.mesh.ModelsCommand;
import io.owlmesh.cli.mesh.RestoreCommand;
import io.owlmesh.cli.mesh.ScaleCommand;
import io.owlmesh.cli.mesh.StatusCommand;
import io.owlmesh.cli.mesh.TenantsCommand;
import io.owlmesh.cli.mesh.UpCommand;
import io.owlmesh.cli.option.ExitCode;
import io.owlmesh.cli.option.Home;
import io.owlmesh.cli.option.StandardInput;
import io.owlmesh.client.AnswerFailed;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.trainer.cli.BenchTrainCommand;
import io.owlmesh.trainer.cli.BenchWorkersCommand;
import io.owlmesh.trainer.cli.DataCommand;
import io.owlmesh.trainer.cli.EvalCommand;
import io.owlmesh.trainer.cli.OwlEvalCommand;
import io.owlmesh.trainer.cli.TrainCommand;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.HelpCommand;

/** The root of the command line. */
@Command(
    name = "owl",
    description = "Serves mPLUG-Owl as a mesh of gRPC services, and talks to it.",
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Two commands are enough to begin: ./owl up, then ./owl ask --image cat.jpg \"What is"
          + " this?\"",
      "Help for one command: ./owl COMMAND --help"
    })
public final class Owl {
  private Owl() {}

  static void main(String[] arguments) {
    CommandLine line =
        commandLine(Home.ofProcess(), StandardInput.ofProcess(), CommandHabits.ansiOfProcess());
    System.exit(line.execute(arguments));
  }

  public static CommandLine commandLine(Home home, StandardInput in, Ansi ansi) {
    CommandLine line =
        new CommandLine(new Owl())
            .addSubcommand(new UpCommand(home))
            .addSubcommand(new DownCommand(home))
            .addSubcommand(new StatusCommand(home))
            .addSubcommand(new ScaleCommand(home))
            .addSubcommand(new ModelsCommand(home))
            .addSubcommand(new DrainCommand(home))
            .addSubcommand(new CanaryCommand(home))
            .addSubcommand(new AskCommand(home, in))
            .addSubcommand(new ChatCommand(home))
            .addSubcommand(new SessionsCommand(home))
            .addSubcommand(new BatchCommand(home, in))
            .addSubcommand(new AdaptersCommand(home))
            .addSubcommand(new KeysCommand(home))
            .addSubcommand(new TenantsCommand(home))
            .addSubcommand(new AuditCommand(home))
            .addSubcommand(new BackupCommand(home))
            .addSubcommand(new RestoreCommand(home))
            .addSubcommand(new ImagesCommand(home))
            .addSubcommand(
                new CommandLine(new BenchCommand(home, in))
                    .addSubcommand(new BenchLlmCommand(home))
                    .addSubcommand(new BenchPeersCommand(home))
                    .addSubcommand(new BenchOrchestratorCommand(home))
                    .addSubcommand(new BenchMeshCommand(home))
                    .addSubcommand(new BenchGrowthCommand(home))
                    .addSubcommand(new BenchWorkersCommand()))
            .addSubcommand(new DoctorCommand(home))
            .addSubcommand(new CheckpointCommand())
            .addSubcommand(new VerifyCommand())
            .addSubcommand(new TrainCommand())
            .addSubcommand(new DataCommand())
            .addSubcommand(new EvalCommand())
            .addSubcommand(new OwlEvalCommand())
            .addSubcommand(new BenchTrainCommand())
            .addSubcommand(new TestCommand())
            .addSubcommand(new JdkCommand())
            .addSubcommand(new CompletionCommand())
            .addSubcommand(new HelpCommand());
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setExecutionExceptionHandler(Owl::explain);
    CommandHabits.give(line, ansi);
    return line;
  }

  /** What a person can act on is a sentence; only a defect of ours shows a stack. */
  private static int explain(Exception error, CommandLine line, CommandLine.ParseResult parsed)
      throws Exception {
    switch (error) {
      case AnswerFailed failed when failed.isUnreachable() ->
          line.getErr().println(failed.getMessage() + " Start one with ./owl up.");
      case MeshException _, AnswerFailed _ -> line.getErr().println(error.getMessage());
      case OwlException ours when ours.fault() != Fault.INTERNAL ->
          line.getErr().println(ours.getMessage());
      case IOException failed -> line.getErr().println(sentence(failed));
      case UncheckedIOException wrapped ->
          line.getErr().println(sentence(Objects.requireNonNull(wrapped.getCause())));
      default -> throw error;
    }
    line.getErr().flush();
    return ExitCode.FAILED;
  }

  /** Java's own messages name a file and nothing else, or nothing at all. */
  private static String sentence(IOException error) {
    return switch (error) {
      case NoSuchFileException none -> "There is no file " + none.getFile();
      case AccessDeniedException denied -> "No right to open " + denied.getFile();
      case NotDirectoryException file -> file.getFile() + " is no folder";
      case FileAlreadyExistsException file -> file.getFile() + " is there already";
      case FileNotFoundException none -> "There is no file " + none.getMessage();
      default -> "Input or output failed: " + error.getMessage();
    };
  }
}
