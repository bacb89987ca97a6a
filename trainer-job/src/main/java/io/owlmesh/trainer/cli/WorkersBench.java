// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.owlmesh.core.FileTree;
import io.owlmesh.core.OwlException;
import io.owlmesh.trainer.monitor.StepReport;
import io.owlmesh.trainer.monitor.TrainingLog;
import io.owlmesh.trainer.recipe.Recipe;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * How fast several workers learn the first stage of a recipe, in jobs of their own that run in
 * turn: the machine is as busy for one number of workers as for another.
 */
final class WorkersBench {
  /** Steps before the first that counts: buffers are made, code is compiled. */
  static final int WARM_UP = 3;

  private static final YAMLMapper YAML = YAMLMapper.builder().build();

  private final UnaryOperator<List<String>> program;
  private final Path recipe;
  private final int steps;
  private final int threads;

  /**
   * @param program the command line of {@code train}, from its arguments
   * @param steps that count, of each job
   * @param threads of an operator of each worker
   */
  WorkersBench(UnaryOperator<List<String>> program, Path recipe, int steps, int threads) {
    this.program = program;
    this.recipe = recipe;
    this.steps = steps;
    this.threads = threads;
  }

  /**
   * What one number of workers came to.
   *
   * @param rates tokens a second of each job, from the slowest on
   */
  record Row(int workers, List<Double> rates) {
    double median() {
      int middle = rates.size() / 2;
      return rates.size() % 2 == 1
          ? rates.get(middle)
          : (rates.get(middle - 1) + rates.get(middle)) / 2;
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
    Map<Integer, List<Double>> rates = new TreeMap<>();
    List<Double> losses = List.of();
    Path scratch = Files.createTempDirectory("owl-bench-workers");
    try {
      List<Integer> order = new ArrayList<>(workers);
      for (int round = 0; round < rounds; round++) {
        for (int count : order) {
          List<StepReport> log = train(scratch, count);
          List<Double> own = log.stream().map(StepReport::loss).toList();
          if (!losses.isEmpty() && !losses.equals(own)) {
            throw new IllegalStateException(
                "%d workers had losses %s, others %s".formatted(count, own, losses));
          }
          losses = own;
          rates.computeIfAbsent(count, _ -> new ArrayList<>()).add(rate(log));
        }
        Collections.reverse(order); // Whoever was first is last: neither has the warmer machine.
      }
    } finally {
      FileTree.delete(scratch);
    }
    return rates.entrySet().stream()
        .map(row -> new Row(row.getKey(), row.getValue().stream().sorted().toList()))
        .toList();
  }

  private static double rate(List<StepReport> log) {
    List<StepReport> counted = log.subList(WARM_UP, log.size());
    long tokens = counted.stream().mapToLong(StepReport::tokens).sum();
    return tokens / counted.stream().mapToDouble(StepReport::seconds).sum();
  }

  private List<StepReport> train(Path scratch, int workers)
      throws IOException, InterruptedException {
    Path output = scratch.resolve("output");
    Path shortened = Files.writeString(scratch.resolve("recipe.yaml"), shortened(output));
    Path said = scratch.resolve("said.txt");
    List<String> command = program.apply(List.of(shortened.toString(), "--workers=" + workers));
    Process job =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .redirectInput(new File("/dev/null"))
            .start();
    try {
      if (job.waitFor() != 0) {
        throw OwlException.badInput("recipe", Files.readString(said).strip());
      }
    } finally {
      job.destroy(); // Whoever is interrupted leaves no job behind.
    }
    String stage = Recipe.read(shortened).stages().getFirst().name();
    List<StepReport> log = TrainingLog.read(output.resolve("01-" + stage).resolve("log.jsonl"));
    FileTree.delete(output);
    return log;
  }

  /** The recipe with its first stage alone, of few steps, none of which saves the state. */
  private String shortened(Path output) throws IOException {
    var _ = Recipe.read(recipe); // What is wrong with it is told by its field.
    ObjectNode root = (ObjectNode) YAML.readTree(recipe.toFile());
    root.put("output", output.toString()).put("threads", threads);
    root.remove(List.of("evaluate", "study"));
    JsonNode stage = root.path("stages").get(0);
    int all = WARM_UP + steps;
    ((ObjectNode) stage).put("steps", all).put("save_every", all + 1).remove("validation");
    ArrayNode stages = root.putArray("stages");
    stages.add(stage);
    return YAML.writeValueAsString(root);
  }
}
