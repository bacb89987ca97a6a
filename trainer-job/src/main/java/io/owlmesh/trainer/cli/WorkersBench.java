// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.cli;

import io.owlmesh.core.FileTree;
import io.owlmesh.core.OwlException;
import io.owlmesh.trainer.monitor.ProgressBar;
import io.owlmesh.trainer.monitor.StepReport;
import io.owlmesh.trainer.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * How fast several workers learn the first stage of a recipe, in jobs of their own that run in
 * turn: the machine is as busy for one number of workers as for another.
 */
final class WorkersBench {
  /** Steps before the first that counts: buffers are made, code is compiled. */
  static final int WARM_UP = 2;

  private final UnaryOperator<List<String>> program;
  private final Path recipe;
  private final int steps;
  private final int threads;
  private final @Nullable BenchNetwork network;
  private final ProgressBar bar;
  private @Nullable BenchJob running;
  private boolean stopped;

  /**
   * @param program the command line of {@code train}, from its arguments
   * @param steps that count, of each job
   * @param threads of an operator of each worker
   * @param network whose hosts workers are on; null for this machine's own
   * @param bar shows what goes on
   */
  WorkersBench(
      UnaryOperator<List<String>> program,
      Path recipe,
      int steps,
      int threads,
      @Nullable BenchNetwork network,
      ProgressBar bar) {
    this.program = program;
    this.recipe = recipe;
    this.steps = steps;
    this.threads = threads;
    this.network = network;
    this.bar = bar;
  }

  /**
   * What a job came to.
   *
   * @param rate tokens a second
   * @param step seconds of one
   * @param exchange of these, giving and waiting for what others give
   * @param bytes that the worker with the most sent in a step; 0 if nobody counted
   */
  record Run(double rate, double step, double exchange, long bytes) {}

  /**
   * What one number of workers came to.
   *
   * @param runs from the slowest on
   */
  record Row(int workers, List<Run> runs) {
    double median(ToDoubleFunction<Run> of) {
      double[] sorted = runs.stream().mapToDouble(of).sorted().toArray();
      int middle = sorted.length / 2;
      return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
  }

  /**
   * Runs all jobs.
   *
   * @param workers how many learn together, one row each
   * @param rounds jobs of each row
   * @throws OwlException BAD_INPUT, field {@code recipe}, with the last words of a job that failed;
   *     INTERNAL if two jobs did not learn the same
   */
  List<Row> run(List<Integer> workers, int rounds) throws IOException, InterruptedException {
    Map<Integer, List<Run>> runs = new TreeMap<>();
    List<Double> losses = List.of();
    Path scratch = Files.createTempDirectory("owl-bench-workers");
    try {
      Path job = BenchRecipe.shortened(recipe, scratch, WARM_UP + steps, threads);
      List<Integer> order = new ArrayList<>(workers);
      int done = 0;
      for (int round = 0; round < rounds; round++) {
        for (int count : order) {
          String what =
              "Job %d of %d, %d %s:"
                  .formatted(
                      ++done, rounds * workers.size(), count, count == 1 ? "worker" : "workers");
          long sent = sent(count);
          List<StepReport> log = train(job, scratch, count, what);
          List<Double> own = log.stream().map(StepReport::loss).toList();
          if (!losses.isEmpty() && !losses.equals(own)) {
            throw new IllegalStateException(
                "%d workers had losses %s, others %s".formatted(count, own, losses));
          }
          losses = own;
          runs.computeIfAbsent(count, _ -> new ArrayList<>())
              .add(measured(log, sent(count) - sent));
        }
        Collections.reverse(order); // Whoever was first is last: neither has the warmer machine.
      }
    } finally {
      bar.end();
      FileTree.delete(scratch);
    }
    return runs.entrySet().stream().map(row -> new Row(row.getKey(), row.getValue())).toList();
  }

  private long sent(int workers) throws IOException, InterruptedException {
    long most = 0;
    for (int host = 0; network != null && host < workers; host++) {
      most = Math.max(most, network.sent(host));
    }
    return most;
  }

  private static Run measured(List<StepReport> log, long sent) {
    List<StepReport> counted = log.subList(WARM_UP, log.size());
    long tokens = counted.stream().mapToLong(StepReport::tokens).sum();
    double seconds = counted.stream().mapToDouble(StepReport::seconds).sum();
    double exchanged = counted.stream().mapToDouble(StepReport::exchangeSeconds).sum();
    int steps = counted.size();
    return new Run(tokens / seconds, seconds / steps, exchanged / steps, sent / log.size());
  }

  private List<StepReport> train(Path job, Path scratch, int workers, String what)
      throws IOException, InterruptedException {
    String stage = Recipe.read(job).stages().getFirst().name();
    Path log = scratch.resolve("output").resolve("01-" + stage).resolve("log.jsonl");
    int all = WARM_UP + steps;
    bar.draw(what, 0, "begins");
    long[] shown = new long[1];
    try (BenchJob started = start(job, scratch.resolve("said.txt"), workers)) {
      return started.await(
          log,
          all,
          taken -> {
            if (taken > shown[0]) {
              shown[0] = taken;
              bar.draw(
                  what,
                  (double) taken / all,
                  String.format(Locale.ROOT, "step %d of %d", taken, all));
            }
          });
    } finally {
      Path output = scratch.resolve("output");
      if (Files.exists(output)) {
        FileTree.delete(output);
      }
      Files.deleteIfExists(scratch.resolve("said.txt"));
    }
  }

  private synchronized BenchJob start(Path job, Path said, int workers) throws IOException {
    if (stopped) {
      throw new IllegalStateException("stopped");
    }
    BenchJob started =
        network == null
            ? BenchJob.here(program.apply(List.of(job.toString(), "--workers=" + workers)), said)
            : BenchJob.on(network, workers, program.apply(List.of(job.toString())), said);
    running = started;
    return started;
  }

  /** Ends the job that runs, and with it the measurement. From any thread. */
  synchronized void stop() {
    stopped = true;
    if (running != null) {
      running.close();
    }
  }
}
