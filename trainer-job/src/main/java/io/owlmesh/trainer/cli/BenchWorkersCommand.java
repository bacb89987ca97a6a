// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.cli;

import io.owlmesh.core.FileTree;
import io.owlmesh.model.random.Preset;
import io.owlmesh.trainer.monitor.ProgressBar;
import io.owlmesh.trainer.workers.WorkerProcesses;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
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
      "Without a recipe, a LoRA over random weights of a preset's widths. Jobs with each number of"
          + " workers run in turn on this machine, and must learn the same."
    },
    sortOptions = false,
    footer = {"", "Example: ./owl bench workers --workers 1,2"})
public final class BenchWorkersCommand implements Callable<Integer> {
  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @Parameters(
      paramLabel = "RECIPE",
      arity = "0..1",
      description = "What to learn, as YAML (default: a LoRA over random weights).")
  private Optional<Path> recipe = Optional.empty();

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
      description = "Of each job, after two to warm up (default: ${DEFAULT-VALUE}).")
  private int steps = 5;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "Jobs with each number of workers (default: ${DEFAULT-VALUE}).")
  private int rounds = 2;

  @Option(
      names = "--preset",
      paramLabel = "NAME",
      description = "Widths of random weights (default: ${DEFAULT-VALUE}).")
  private String preset = Preset.OWL_7B.name();

  @Option(
      names = "--layers",
      paramLabel = "N",
      description = "Of each of their parts (default: ${DEFAULT-VALUE}).")
  private int layers = 1;

  @Option(
      names = "--length",
      paramLabel = "N",
      description = "Positions of a sample over random weights (default: ${DEFAULT-VALUE}).")
  private int length = 64;

  @Option(
      names = "--network",
      paramLabel = "RATE",
      description =
          "Puts each worker on a host of its own, whose network sends and takes in as fast as that,"
              + " such as 1gbit; needs root and iproute2.")
  private Optional<String> rate = Optional.empty();

  @Override
  public Integer call() throws IOException, InterruptedException {
    workers.forEach(count -> require("--workers", count, 1_024));
    require("--threads", threads, 1_024);
    require("--steps", steps, 1_000_000);
    require("--rounds", rounds, 1_000);
    require("--layers", layers, 1_000);
    require("--length", length, 65_536);
    if (length < 32) {
      throw new ParameterException(spec.commandLine(), "--length must be 32 or more.");
    }
    Path scratch = Files.createTempDirectory("owl-bench-weights");
    int most = workers.stream().mapToInt(Integer::intValue).max().orElse(1);
    CountDownLatch over = new CountDownLatch(1);
    try (BenchNetwork network = rate.isPresent() ? new BenchNetwork(most, rate.get()) : null) {
      ProgressBar bar = new ProgressBar(spec.commandLine().getOut(), ProgressBar.onTerminal());
      WorkersBench bench =
          new WorkersBench(BenchWorkersCommand::train, what(scratch), steps, threads, network, bar);
      Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(bench, over), "stop"));
      print(bench.run(workers, rounds), network);
    } finally {
      FileTree.delete(scratch);
      over.countDown();
    }
    return 0;
  }

  /** Whoever stops it leaves neither jobs nor hosts nor files behind. */
  private static void stop(WorkersBench bench, CountDownLatch over) {
    bench.stop();
    try {
      over.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Path what(Path scratch) throws IOException {
    if (recipe.isPresent()) {
      return recipe.get();
    }
    PrintWriter out = spec.commandLine().getOut();
    out.printf("Random weights of %s, layers of each part: %d%n", preset, layers);
    out.flush();
    return BenchRecipe.random(scratch, Preset.named(preset).withLayers(layers), length);
  }

  private void print(List<WorkersBench.Row> rows, @Nullable BenchNetwork network) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(
        "workers  tokens a second, median (least to most)  times the first row's  a step"
            + "   in exchange");
    double first = rows.getFirst().median(WorkersBench.Run::rate);
    for (WorkersBench.Row row : rows) {
      double[] rates = row.runs().stream().mapToDouble(WorkersBench.Run::rate).sorted().toArray();
      double median = row.median(WorkersBench.Run::rate);
      double share = row.median(run -> run.exchange() / run.step());
      out.printf(
          Locale.ROOT,
          "%7d  %-40s  %-21.2f  %6.2f s %6.1f %%%s%n",
          row.workers(),
          String.format(
              Locale.ROOT, "%,.0f (%,.0f to %,.0f)", median, rates[0], rates[rates.length - 1]),
          median / first,
          row.median(WorkersBench.Run::step),
          100 * share,
          network == null ? "" : sent(row));
    }
    out.flush();
  }

  private static String sent(WorkersBench.Row row) {
    return String.format(
        Locale.ROOT,
        ", %.2f MB sent by the worker with the most",
        row.median(WorkersBench.Run::bytes) / 1e6);
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
