// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.cli;

import io.owlmesh.trainer.eval.Answerer;
import io.owlmesh.trainer.owleval.GradingPage;
import io.owlmesh.trainer.owleval.OwlEval;
import io.owlmesh.trainer.owleval.Tally;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
  /** Answers are paragraphs. */
  private static final int TOKENS = 256;

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @Command(name = "answer", description = "Asks all questions of a folder.", sortOptions = false)
  int answer(
      @Parameters(paramLabel = "DIR", description = "Folder with questions.jsonl and its images.")
          Path folder,
      @Option(names = "--out", required = true, paramLabel = "FILE") Path out,
      @Mixin AnswererFlags flags,
      @Option(names = "--model-id", paramLabel = "NAME", defaultValue = "owlmesh") String model)
      throws IOException {
    PrintWriter err = spec.commandLine().getErr();
    try (Answerer answerer = flags.open(TOKENS)) {
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
