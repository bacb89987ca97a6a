// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.cli;

import io.owlmesh.trainer.workers.WorkerProcesses;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures how fast several workers learn beside one. */
@Command(
    name = "workers",
    description = {
      "Measures how fast several workers learn the first stage of a recipe, beside one.",
      "Jobs with each number of workers run in turn on this machine, and must learn the same."
    },
    sortOptions = false,
    footer = {"", "Example: ./owl bench workers deploy/recipes/nano.yaml --workers 1,2"})
public final class BenchWorkersCommand implements Callable<Integer> {
  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @SuppressWarnings("NullAway.Init")
  @Parameters(paramLabel = "RECIPE", description = "What to learn, as YAML.")
  private Path recipe;

  @Option(
      names = "--workers",
      split = ",",
      paramLabel = "N",
      description = "How many learn together, one row each (default: 1,2).")
  private List<Integer> workers = List.of(1, 2);

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Of an operator of each worker (default: ${DEFAULT-VALUE}).")
  private int threads = 1;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Of each job, after three to warm up (default: ${DEFAULT-VALUE}).")
  private int steps = 20;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "Jobs with each number of workers (default: ${DEFAULT-VALUE}).")
  private int rounds = 3;

  @Override
  public Integer call() throws IOException, InterruptedException {
    workers.forEach(count -> require("--workers", count, 1_024));
    require("--threads", threads, 1_024);
    require("--steps", steps, 1_000_000);
    require("--rounds", rounds, 1_000);
    PrintWriter out = spec.commandLine().getOut();
    List<WorkersBench.Row> rows =
        new WorkersBench(BenchWorkersCommand::train, recipe, steps, threads).run(workers, rounds);
    out.println("workers  tokens a second, median (least to most)  times the first row's");
    for (WorkersBench.Row row : rows) {
      out.printf(
          Locale.ROOT,
          "%7d  %-40s  %.2f%n",
          row.workers(),
          String.format(
              Locale.ROOT,
              "%,.0f (%,.0f to %,.0f)",
              row.median(),
              row.rates().getFirst(),
              row.rates().getLast()),
          row.median() / rows.getFirst().median());
    }
    out.flush();
    return 0;
  }

  private void require(String name, int value, int most) {
    if (value < 1 || value > most) {
      throw new ParameterException(
          spec.commandLine(), "%s must be 1 to %d, not %d.".formatted(name, most, value));
    }
  }

  private static List<String> train(List<String> arguments) {
    List<String> all = new ArrayList<>(arguments);
    all.addFirst("train");
    return WorkerProcesses.self(all);
  }
}
