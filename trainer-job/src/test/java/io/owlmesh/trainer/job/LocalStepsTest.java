// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.trainer.Tiny;
import io.owlmesh.trainer.monitor.StepReport;
import io.owlmesh.trainer.monitor.TrainingLog;
import io.owlmesh.trainer.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Workers that learn alone between two exchanges. */
@Timeout(180)
class LocalStepsTest {
  private static final String WEIGHTS = "01-instruct/adapter/adapter_model.safetensors";

  @TempDir private Path folder;

  private Path recipe(String output, int steps, String localSteps) throws IOException {
    return Files.writeString(
        folder.resolve(output + ".yaml"),
        """
        name: tiny
        output: %s
        seed: 5
        threads: 1
        shards: %s
        checkpoint: %s
        stages:
          - name: instruct
            trains: [queries, abstractor]
            lora: {r: 4}
            data: [{file: %s, images: %s}]
            steps: %d
            batch: 8
            sequence_length: 96
            rate: 1.0e-3
            save_every: 4
            %s
        """
            .formatted(
                folder.resolve(output),
                localSteps.contains("workers: 2") ? "2" : "1",
                Tiny.CHECKPOINT.toAbsolutePath(),
                Tiny.FOLDER.resolve("train.jsonl").toAbsolutePath(),
                Tiny.FOLDER.resolve("images").toAbsolutePath(),
                steps,
                localSteps));
  }

  private static void train(Path recipe) throws IOException {
    assertThat(new Job(Recipe.read(recipe), TrainingMonitor.silent()).run()).isPresent();
  }

  /** As a process that starts two workers. */
  private Process start(Path recipe) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.addAll(List.of("io.owlmesh.trainer.job.TrainMain", recipe.toString(), "--workers=2"));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("log.txt").toFile())
        .start();
  }

  private String log() throws IOException {
    return Files.readString(folder.resolve("log.txt"));
  }

  private byte[] weights(String output) throws IOException {
    return Files.readAllBytes(folder.resolve(output).resolve(WEIGHTS));
  }

  @Test
  void aLoneWorkerWhoseOuterStepIsWholeLearnsAsOneWithoutLocalSteps() throws Exception {
    train(recipe("plain", 6, ""));
    train(recipe("local", 6, "local_steps: {workers: 1, every: 4, rate: 1, momentum: 0}"));

    assertThat(weights("local")).isEqualTo(weights("plain"));
  }

  @Test
  void theMomentumOfTheOuterOptimizerCarriesTheWeightsFurther() throws Exception {
    train(recipe("without", 8, "local_steps: {workers: 1, every: 4, rate: 1, momentum: 0}"));
    train(recipe("with", 8, "local_steps: {workers: 1, every: 4, rate: 1, momentum: 0.9}"));

    assertThat(weights("with")).isNotEqualTo(weights("without"));
  }

  @Test
  void workersThatAreKilledGoOnFromAnExchangeAndEndWithTheSameWeights() throws Exception {
    String local = "local_steps: {workers: 2, every: 4}";
    Process undisturbed = start(recipe("undisturbed", 40, local));
    assertThat(undisturbed.waitFor()).as(log()).isZero();
    assertThat(log()).contains("Local steps: inexact, 2 workers learn alone");

    Process driver = start(recipe("disturbed", 40, local));
    Path steps = folder.resolve("disturbed/01-instruct/log.jsonl");
    while (TrainingLog.read(steps).size() < 10) {
      assertThat(driver.isAlive()).as(log()).isTrue();
      TimeUnit.MILLISECONDS.sleep(5);
    }
    driver.children().findFirst().orElseThrow().destroyForcibly();
    assertThat(driver.waitFor()).as(log()).isZero();

    assertThat(log()).contains("all go on from the saved state (1 of 3)");
    assertThat(weights("disturbed")).isEqualTo(weights("undisturbed"));
    List<StepReport> all = TrainingLog.read(steps);
    assertThat(all.getLast().loss()).isLessThan(all.getFirst().loss());
    assertThat(Files.readString(folder.resolve("disturbed/report.html")))
        .contains("instruct, local steps (inexact)");
  }

  @Test
  void anotherNumberOfWorkersThanTheRecipeNamesIsRefused() throws Exception {
    Path recipe = recipe("wrong", 4, "local_steps: {workers: 2, every: 4}");

    assertThatThrownBy(() -> train(recipe))
        .hasMessageContaining("stages.instruct.local_steps.workers: 2, and 1 learn");
  }

  @Test
  void aStateThatWouldBeSavedBetweenExchangesIsRefused() throws Exception {
    Path recipe = recipe("wrong", 4, "local_steps: {workers: 1, every: 3}");

    assertThatThrownBy(() -> Recipe.read(recipe))
        .hasMessageContaining("stages.instruct.save_every: 4, it must be a multiple");
  }
}
