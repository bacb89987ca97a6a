// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import io.owlmesh.cli.option.Home;
import io.owlmesh.cli.option.MeshFlag;
import io.owlmesh.client.Address;
import io.owlmesh.client.AnswerFailed;
import io.owlmesh.client.MeshClient;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.proto.chat.v1.Weights;
import io.owlmesh.trainer.eval.EvalQuestion;
import io.owlmesh.trainer.eval.Evaluation;
import io.owlmesh.trainer.eval.MeshAnswerer;
import io.owlmesh.trainer.eval.Score;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Gives other weights a share of the work. */
@Command(
    name = "canary",
    description = "Sets which share of new work weights get that differ from those in use.",
    footer = {
      "",
      "At 100 the other weights become those in use; at 0 they get nothing.",
      "Exit code 1 if the other weights answer the questions of --eval worse."
    })
public final class CanaryCommand implements Callable<Integer> {
  private final Home home;

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @Parameters(paramLabel = "PERCENT", description = "0 to 100.")
  private int percent;

  @Option(
      names = "--eval",
      paramLabel = "FILE",
      description =
          "First ask both weights these questions; other weights that answer worse get nothing.")
  private Optional<Path> eval = Optional.empty();

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "Questions of each skill and language at most.")
  private int limit;

  @Option(
      names = "--drop",
      paramLabel = "POINTS",
      defaultValue = "2",
      description =
          "Percent points by which right answers may be fewer (default: ${DEFAULT-VALUE}).")
  private double drop;

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description = "Whose weights (default: those of the model that answers who names none).")
  private String model = "";

  @Mixin private MeshFlag mesh = new MeshFlag();

  public CanaryCommand(Home home) {
    this.home = home;
  }

  @Override
  public Integer call() throws IOException, MeshException, AnswerFailed {
    if (percent < 0 || percent > 100) {
      throw new ParameterException(
          spec.commandLine(), "PERCENT must be 0 to 100, not %d.".formatted(percent));
    }
    if (!(drop >= 0 && drop <= 100)) {
      throw new ParameterException(
          spec.commandLine(), "--drop must be 0 to 100, not %s.".formatted(drop));
    }
    List<EvalQuestion> questions =
        eval.isPresent() ? Evaluation.questions(eval.get(), limit) : List.of();
    Address address = mesh.address(home);
    PrintWriter out = spec.commandLine().getOut();
    Optional<String> worse = questions.isEmpty() ? Optional.empty() : worse(address, questions);
    try (MeshClient client = new MeshClient(address)) {
      if (worse.isPresent()) {
        client.endCanary(model, worse.get());
        out.printf("Other weights get nothing: %s%n", worse.get());
      } else {
        client.setCanary(model, percent);
        out.printf("Other weights get %d %% of new work%n", percent);
      }
    }
    out.flush();
    return worse.isPresent() ? 1 : 0;
  }

  /** In which way the weights that are tried answer worse than those in use, if they do. */
  private Optional<String> worse(Address address, List<EvalQuestion> questions) throws IOException {
    double usual = rightPercent(address, Weights.WEIGHTS_IN_USE, "in use", questions);
    double tried = rightPercent(address, Weights.WEIGHTS_CANARY, "tried", questions);
    return tried >= usual - drop
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "of %d questions they answered %.1f %% right, the weights in use %.1f %%",
                questions.size(),
                tried,
                usual));
  }

  private double rightPercent(
      Address address, Weights weights, String which, List<EvalQuestion> questions)
      throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    try (MeshAnswerer answerer =
        new MeshAnswerer(address, Optional.empty(), Evaluation.USUAL_TOKENS, model, weights)) {
      double right =
          100
              * Evaluation.run(answerer, questions, (_, _, _) -> {})
                  .score("all", "all")
                  .map(Score::accuracy)
                  .orElse(0.0);
      out.printf(Locale.ROOT, "Weights %s: %.1f %% right%n", which, right);
      out.flush();
      return right;
    }
  }
}
