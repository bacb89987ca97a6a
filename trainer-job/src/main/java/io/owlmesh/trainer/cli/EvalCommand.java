// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.cli;

import io.owlmesh.trainer.eval.Answerer;
import io.owlmesh.trainer.eval.EvalQuestion;
import io.owlmesh.trainer.eval.EvalReport;
import io.owlmesh.trainer.eval.Evaluation;
import io.owlmesh.trainer.eval.Score;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures how well a model answers. */
@Command(
    name = "eval",
    description =
        "Asks questions with known replies and reports the share of right ones by ability.",
    sortOptions = false,
    footer = {"", "Exit code 1 if a bound of --require is missed."})
public final class EvalCommand implements Callable<Integer> {
  private static final int EVERY = 200;

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @SuppressWarnings("NullAway.Init")
  @Option(
      names = "--test",
      required = true,
      paramLabel = "FILE",
      description = "Dialogues whose last reply is the truth, such as a picture book's test.jsonl.")
  private Path test;

  @Mixin private AnswererFlags flags = new AnswererFlags();

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "Questions of each skill and language at most.")
  private int limit;

  @Option(names = "--json", paramLabel = "FILE", description = "Also write scores and answers.")
  private Optional<Path> json = Optional.empty();

  @Option(names = "--html", paramLabel = "FILE", description = "Also write a page with pictures.")
  private Optional<Path> html = Optional.empty();

  @Option(
      names = "--require",
      split = ",",
      paramLabel = "SKILL=SHARE",
      description = "Least shares, such as \"count (en)=0.85\".")
  private Map<String, Double> required = Map.of();

  @Override
  public Integer call() throws Exception {
    List<EvalQuestion> questions = Evaluation.questions(test, limit);
    EvalReport report;
    try (Answerer answerer = flags.open(Evaluation.USUAL_TOKENS)) {
      report = Evaluation.run(answerer, questions, this::progress);
    }
    PrintWriter out = spec.commandLine().getOut();
    out.print(report.table());
    write(report);
    boolean met = true;
    for (Map.Entry<String, Double> bound : required.entrySet()) {
      double share = report.score("skill", bound.getKey()).map(Score::accuracy).orElse(Double.NaN);
      if (!(share >= bound.getValue())) {
        met = false;
        out.printf(
            Locale.ROOT, "%s: %.3f, required %.3f%n", bound.getKey(), share, bound.getValue());
      }
    }
    out.flush();
    return met ? 0 : 1;
  }

  private void write(EvalReport report) throws IOException {
    if (json.isPresent()) {
      report.writeJson(json.get());
    }
    if (html.isPresent()) {
      report.writeHtml(html.get());
    }
  }

  private void progress(int done, int all, int right) {
    if (done % EVERY == 0) {
      PrintWriter err = spec.commandLine().getErr();
      err.printf(Locale.ROOT, "%d of %d, %.1f %% right%n", done, all, 100.0 * right / done);
      err.flush();
    }
  }
}
