// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.cli;

import io.owlmesh.core.OwlException;
import io.owlmesh.runtime.EngineOptions;
import io.owlmesh.trainer.eval.Answerer;
import io.owlmesh.trainer.eval.CheckpointAnswerer;
import io.owlmesh.trainer.eval.MeshAnswerer;
import io.owlmesh.trainer.owleval.GradingPage;
import io.owlmesh.trainer.owleval.OwlEval;
import io.owlmesh.trainer.owleval.Tally;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** OwlEval, which people grade. */
@Command(
    name = "owleval",
    description =
        "Answers OwlEval's questions, makes a blind page to grade answers, counts grades.",
    synopsisSubcommandLabel = "COMMAND")
public final class OwlEvalCommand {
  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @Command(name = "answer", description = "Asks all questions of a folder.", sortOptions = false)
  int answer(
      @Parameters(paramLabel = "DIR", description = "Folder with questions.jsonl and its images.")
          Path folder,
      @Option(names = "--out", required = true, paramLabel = "FILE") Path out,
      @Option(names = "--checkpoint", paramLabel = "DIR") Optional<Path> checkpoint,
      @Option(names = "--address", paramLabel = "HOST:PORT") Optional<String> address,
      @Option(names = "--adapter", paramLabel = "DIR|NAME") Optional<String> adapter,
      @Option(names = "--model-id", paramLabel = "NAME", defaultValue = "owlmesh") String model,
      @Option(names = "--max-new-tokens", paramLabel = "N", defaultValue = "256") int tokens)
      throws IOException {
    if (checkpoint.isPresent() == address.isPresent()) {
      throw OwlException.badInput("--checkpoint", "name a checkpoint or the address of a mesh");
    }
    PrintWriter err = spec.commandLine().getErr();
    try (Answerer answerer =
        checkpoint.isPresent()
            ? new CheckpointAnswerer(
                checkpoint.get(), adapter.map(Path::of), EngineOptions.DEFAULTS, tokens)
            : new MeshAnswerer(address.orElseThrow(), adapter, tokens)) {
      OwlEval.answer(
          answerer,
          folder,
          out,
          model,
          done -> {
            err.println(done + " answered");
            err.flush();
          });
    }
    return 0;
  }

  @Command(
      name = "grade",
      description = "Writes a page on which people grade answers of systems they cannot tell.",
      sortOptions = false)
  int grade(
      @Parameters(paramLabel = "DIR", description = "Folder with questions.jsonl and its images.")
          Path folder,
      @Option(names = "--answers", required = true, paramLabel = "FILE") List<Path> answers,
      @Option(names = "--html", required = true, paramLabel = "FILE") Path html,
      @Option(names = "--seed", paramLabel = "N", defaultValue = "1") long seed)
      throws IOException {
    GradingPage.write(html, folder, answers, seed);
    return 0;
  }

  @Command(
      name = "tally",
      description = "Counts the grades that a page gave out.",
      sortOptions = false)
  int tally(
      @Parameters(index = "0", paramLabel = "DIR") Path folder,
      @Parameters(index = "1", paramLabel = "GRADES") Path grades,
      @Option(names = "--answers", required = true, paramLabel = "FILE") List<Path> answers) {
    PrintWriter out = spec.commandLine().getOut();
    out.print(Tally.table(grades, folder, answers));
    out.flush();
    return 0;
  }
}
