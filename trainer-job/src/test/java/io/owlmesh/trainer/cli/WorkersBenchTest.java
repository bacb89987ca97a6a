// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.core.OwlException;
import io.owlmesh.trainer.Tiny;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

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

  @Test
  void eachNumberOfWorkersLearnsTheFirstStageAloneAndLeavesTheOutputOfTheRecipe() throws Exception {
    WorkersBench bench = new WorkersBench(WorkersBenchTest::train, recipe("train.jsonl"), 2, 1);

    List<WorkersBench.Row> rows = bench.run(List.of(1, 2), 1);

    assertThat(rows).extracting(WorkersBench.Row::workers).containsExactly(1, 2);
    assertThat(rows).allSatisfy(row -> assertThat(row.rates()).hasSize(1).allMatch(r -> r > 0));
    assertThat(folder.resolve("untouched")).doesNotExist();
  }

  @Test
  void aJobThatFailsTellsItsLastWords() throws Exception {
    WorkersBench bench = new WorkersBench(WorkersBenchTest::train, recipe("none.jsonl"), 1, 1);

    assertThatThrownBy(() -> bench.run(List.of(1), 1))
        .isInstanceOf(OwlException.class)
        .hasMessageContaining("none.jsonl");
  }

  @Test
  void theMedianOfTwoJobsLiesBetweenThem() {
    assertThat(new WorkersBench.Row(1, List.of(2.0, 4.0)).median()).isEqualTo(3);
    assertThat(new WorkersBench.Row(1, List.of(2.0, 4.0, 9.0)).median()).isEqualTo(4);
  }
}
