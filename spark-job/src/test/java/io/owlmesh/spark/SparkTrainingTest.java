// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Training on a real cluster of Spark, whose workers, executors and drivers are killed. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class SparkTrainingTest {
  private static final Path TINY =
      SparkCluster.ROOT.resolve("lib/model/src/test/resources/owl-tiny");
  private static final String WORKER = "owl-cli.jar";
  private static final String EXECUTOR = "CoarseGrainedExecutorBackend";
  private static final int STEPS = 12;
  private static final Map<String, String> ONE_MACHINE = Map.of("spark.master", "local[2]");

  @TempDir private static Path folder;
  private static SparkCluster cluster;
  private static int runs;

  /** What all others are compared with: one process, without Spark. */
  @BeforeAll
  static void trainAlone() throws Exception {
    cluster = new SparkCluster(folder, 2);
    Path log = folder.resolve("alone.log");
    Process alone =
        OwlProcess.builder(
                SparkCluster.ROOT.toString(),
                folder.toString(),
                List.of("train", recipe("alone", STEPS).toString()),
                Map.of("JAVA_HOME", System.getProperty("java.home")))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    assertThat(alone.waitFor()).as(Files.readString(log)).isZero();
  }

  @AfterAll
  static void stopCluster() throws IOException {
    cluster.close();
  }

  private static Path recipe(String output, int steps) throws IOException {
    return Files.writeString(
        folder.resolve(output + ".yaml"),
        """
        name: tiny
        output: %s
        seed: 5
        threads: 1
        shards: 4
        checkpoint: %s
        stages:
          - name: instruct
            trains: [queries, abstractor]
            lora: {r: 4, dropout: 0.05}
            data: [{file: %s, images: %s}]
            steps: %d
            batch: 8
            positions: 100
            sequence_length: 96
            rate: 1.0e-3
            save_every: 3
        """
            .formatted(
                folder.resolve(output),
                TINY.resolve("checkpoints/safetensors"),
                TINY.resolve("train.jsonl"),
                TINY.resolve("images"),
                steps));
  }

  private static Process start(Path recipe, Map<String, String> settings) throws IOException {
    runs++;
    return cluster.driver(
        folder.resolve("driver-" + runs + ".log"), settings, "train", recipe.toString());
  }

  private static String log() throws IOException {
    return Files.readString(folder.resolve("driver-" + runs + ".log"));
  }

  private static int code(Process driver) throws Exception {
    assertThat(driver.waitFor(120, TimeUnit.SECONDS)).as(log()).isTrue();
    return driver.exitValue();
  }

  private static void awaitSteps(Process driver, String output, int steps) throws Exception {
    Path file = folder.resolve(output).resolve("01-instruct/log.jsonl");
    while (!Files.exists(file) || Files.readAllLines(file).size() < steps) {
      assertThat(driver.isAlive()).as(log()).isTrue();
      TimeUnit.MILLISECONDS.sleep(5);
    }
  }

  private static void assertSameWeightsAsAlone(String output) throws IOException {
    for (String name :
        List.of("model/model.safetensors", "01-instruct/adapter/adapter_model.safetensors")) {
      byte[] one = Files.readAllBytes(folder.resolve("alone").resolve(name));
      byte[] other = Files.readAllBytes(folder.resolve(output).resolve(name));
      assertThat(Arrays.equals(one, other)).as(name + " of " + output).isTrue();
    }
  }

  @Test
  void aWorkerAndAnExecutorThatAreKilledAreReplacedAndTheWeightsAreThoseOfOneProcess()
      throws Exception {
    Process driver = start(recipe("disturbed", STEPS), Map.of());
    awaitSteps(driver, "disturbed", 4);
    cluster.running(WORKER).get(1).destroyForcibly();
    awaitSteps(driver, "disturbed", 8);
    cluster.running(EXECUTOR).get(0).destroyForcibly();

    assertThat(code(driver)).as(log()).isZero();

    assertThat(log())
        .containsPattern("Worker \\d on 127.0.0.1 ended with code 137")
        .contains("all go on from the saved state (1 of 3)")
        .containsPattern("The executor of worker \\d is lost .*\\(2 of 3\\)")
        .contains("instruct 12/12");
    assertSameWeightsAsAlone("disturbed");
    assertThat(cluster.running(WORKER)).isEmpty();
  }

  @Test
  void aJobWhoseDriverIsKilledGoesOnWhenItIsStartedAgain() throws Exception {
    Process driver = start(recipe("resumed", STEPS), Map.of());
    awaitSteps(driver, "resumed", 4);
    driver.destroyForcibly().waitFor();

    assertThat(code(start(folder.resolve("resumed.yaml"), Map.of()))).as(log()).isZero();

    assertThat(log()).containsPattern("steps ([4-9]|1\\d) to 12");
    assertSameWeightsAsAlone("resumed");
  }

  @Test
  void sigtermSavesTheStateAndEndsAllWorkers() throws Exception {
    Process driver = start(recipe("stopped", 4_000), Map.of());
    awaitSteps(driver, "stopped", 2);

    driver.destroy();

    assertThat(code(driver)).as(log()).isEqualTo(143);
    assertThat(log()).contains("the state is saved");
    assertThat(cluster.running(WORKER)).isEmpty();
  }

  @Test
  void whatAWorkerRefusesIsToldByTheDriverAndNotTriedAgain() throws Exception {
    Path recipe = recipe("wrong", STEPS);
    Files.writeString(recipe, Files.readString(recipe).replace("train.jsonl", "none.jsonl"));

    assertThat(code(start(recipe, ONE_MACHINE))).as(log()).isOne();

    assertThat(log())
        .contains("ended with code 1:")
        .contains("none.jsonl")
        .doesNotContain("all go on");
  }

  @Test
  void aJobWithoutRoomForItsWorkersIsRefusedAndTheSettingIsNamed() throws Exception {
    Path recipe = recipe("large", STEPS);
    String setting = "spark.executor.memoryOverhead";

    assertThat(code(start(recipe, Map.of(setting, "")))).isEqualTo(2);
    assertThat(log()).contains(setting + " is not set");

    assertThat(code(start(recipe, Map.of(setting, "100m")))).isEqualTo(2);
    assertThat(log()).contains(setting + " is 100 MiB, at least 512");

    assertThat(code(start(recipe, Map.of(setting, "8192g", "spark.master", "local[2]")))).isOne();
    assertThat(log()).containsPattern(setting + " is 8388608 MiB, and this machine has only \\d+");
  }
}
