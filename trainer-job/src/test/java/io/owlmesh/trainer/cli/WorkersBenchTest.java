// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.core.OwlException;
import io.owlmesh.model.random.Preset;
import io.owlmesh.trainer.Tiny;
import io.owlmesh.trainer.monitor.ProgressBar;
import io.owlmesh.trainer.recipe.Recipe;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

/** Jobs of one and of two workers that are measured in turn. */
@Timeout(180)
class WorkersBenchTest {
  @TempDir private Path folder;

  private Path recipe(String data) throws IOException {
    return Files.writeString(
        folder.resolve("recipe.yaml"),
        """
        name: tiny
        output: %s
        shards: 2
        checkpoint: %s
        stages:
          - name: instruct
            trains: [queries]
            lora: {r: 4}
            data: [{file: %s, images: %s}]
            steps: 1000000
            batch: 4
            sequence_length: 96
            rate: 1.0e-3
          - name: never
            trains: [vision]
            data: [{file: none.jsonl}]
            steps: 1
            batch: 1
            sequence_length: 96
            rate: 1.0e-3
        evaluate: {test: none.jsonl, max_new_tokens: 8}
        """
            .formatted(
                folder.resolve("untouched"),
                Tiny.CHECKPOINT.toAbsolutePath(),
                Tiny.FOLDER.resolve(data).toAbsolutePath(),
                Tiny.FOLDER.resolve("images").toAbsolutePath()));
  }

  private static List<String> train(List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.add("io.owlmesh.trainer.job.TrainMain");
    command.addAll(arguments);
    return command;
  }

  private static WorkersBench bench(Path recipe, int steps, StringWriter said) {
    ProgressBar bar = new ProgressBar(new PrintWriter(said), false);
    return new WorkersBench(WorkersBenchTest::train, recipe, steps, 1, null, bar);
  }

  @Test
  void eachNumberOfWorkersLearnsTheFirstStageAloneAndLeavesTheOutputOfTheRecipe() throws Exception {
    StringWriter said = new StringWriter();
    List<WorkersBench.Row> rows = bench(recipe("train.jsonl"), 2, said).run(List.of(1, 2), 1);

    assertThat(rows).extracting(WorkersBench.Row::workers).containsExactly(1, 2);
    assertThat(rows)
        .allSatisfy(
            row -> assertThat(row.runs()).hasSize(1).allMatch(r -> r.rate() > 0 && r.step() > 0));
    assertThat(rows.getLast().runs().getFirst().exchange()).isPositive();
    assertThat(said.toString())
        .contains("Job 1 of 2, 1 worker: begins", "Job 2 of 2, 2 workers: step 4 of 4");
    assertThat(folder.resolve("untouched")).doesNotExist();
  }

  @Test
  void randomWeightsAreLearntFromTextsThatFit() throws Exception {
    Path recipe = BenchRecipe.random(folder, Preset.NANO.withLayers(1), 64);
    List<WorkersBench.Row> rows = bench(recipe, 1, new StringWriter()).run(List.of(2), 1);

    double tokens = rows.getFirst().median(run -> run.rate() * run.step());
    assertThat(tokens).isBetween(8 * 48.0, 8 * 64.0);
  }

  @Test
  void ofABookThatIsNotThereOnlyWhatTheStepsReadIsMade() throws Exception {
    Path nano = Path.of("../deploy/recipes/nano.yaml");
    Path there = Files.createDirectory(folder.resolve("there"));
    Path moved =
        Files.writeString(
            folder.resolve("moved.yaml"),
            Files.readString(nano).replace("models/train/picture-book", there.toString()));
    Path anew =
        Files.writeString(
            folder.resolve("anew.yaml"),
            Files.readString(nano).replace("models/train/picture-book", there + "-not"));

    Recipe made = Recipe.read(BenchRecipe.shortened(anew, folder, 5, 1));
    Path book = folder.resolve("book");
    assertThat(made.book().orElseThrow().folder()).isEqualTo(book);
    assertThat(made.book().orElseThrow().pretrain()).isEqualTo(4_000);
    assertThat(made.model().orElseThrow().tokenizer().texts())
        .containsExactly(book.resolve("pretrain.jsonl"));
    assertThat(made.stages().getFirst().data().getFirst().file())
        .isEqualTo(book.resolve("pretrain.jsonl").toString());

    Recipe found = Recipe.read(BenchRecipe.shortened(moved, folder, 5, 1));
    assertThat(found.book().orElseThrow().pretrain()).isEqualTo(400_000);
    assertThat(found.book().orElseThrow().folder()).isEqualTo(there);
  }

  @Test
  void workersOnHostsOfTheirOwnLearnTheSameAndWhatTheySendIsCounted() throws Exception {
    try (BenchNetwork network = network()) {
      ProgressBar bar = new ProgressBar(new PrintWriter(new StringWriter()), false);
      List<WorkersBench.Row> rows =
          new WorkersBench(WorkersBenchTest::train, recipe("train.jsonl"), 1, 1, network, bar)
              .run(List.of(1, 2), 1);

      assertThat(rows.getLast().runs().getFirst().bytes()).isGreaterThan(1_000);
    }
  }

  private static BenchNetwork network() throws Exception {
    try {
      return new BenchNetwork(2, "1gbit");
    } catch (OwlException refused) {
      throw new TestAbortedException(refused.getMessage(), refused);
    }
  }

  @Test
  void aRateThatIsNoneIsRefusedAndLeavesNoHost() {
    assertThatThrownBy(() -> new BenchNetwork(2, "fast"))
        .isInstanceOf(OwlException.class)
        .hasMessageContaining("--network");
    assertThat(Path.of("/run/netns/owl-bench-" + ProcessHandle.current().pid() + "-0"))
        .doesNotExist();
  }

  @Test
  void aJobThatFailsTellsItsLastWords() throws Exception {
    Path recipe = recipe("none.jsonl");
    assertThatThrownBy(() -> bench(recipe, 1, new StringWriter()).run(List.of(1), 1))
        .isInstanceOf(OwlException.class)
        .hasMessageContaining("none.jsonl");
  }

  @Test
  void theMedianOfTwoJobsLiesBetweenThem() {
    assertThat(row(4, 2).median(WorkersBench.Run::rate)).isEqualTo(3);
    assertThat(row(9, 2, 4).median(WorkersBench.Run::rate)).isEqualTo(4);
  }

  private static WorkersBench.Row row(double... rates) {
    return new WorkersBench.Row(
        1, Arrays.stream(rates).mapToObj(r -> new WorkersBench.Run(r, 1, 0, 0)).toList());
  }
}
