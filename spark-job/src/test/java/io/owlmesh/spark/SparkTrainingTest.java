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
  private static final int STEPS = 30;

  @TempDir private static Path folder;
  private static SparkCluster cluster;
  private static Process alone;
  private static int runs;

  /** What all others are compared with learns meanwhile: one process, without Spark. */
  @BeforeAll
  static void start() throws IOException {
    cluster = new SparkCluster(folder, 2);
    alone =
        OwlProcess.builder(
                SparkCluster.ROOT.toString(),
                folder.toString(),
                List.of("train", recipe("alone", STEPS).toString()),
                Map.of("JAVA_HOME", System.getProperty("java.home")))
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("alone.log").toFile())
            .start();
  }

  @AfterAll
  static void stopCluster() throws IOException {
    alone.destroyForcibly();
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
            save_every: 2
        """
            .formatted(
                folder.resolve(output),
                TINY.resolve("checkpoints/safetensors"),
                TINY.resolve("train.jsonl"),
                TINY.resolve("images"),
                steps));
  }

  private static Process start(Path recipe) throws IOException {
    runs++;
    return cluster.driver(folder.resolve("driver-" + runs + ".log"), "train", recipe.toString());
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

  private static void assertSameWeightsAsAlone(String output) throws Exception {
    assertThat(alone.waitFor()).as(Files.readString(folder.resolve("alone.log"))).isZero();
    for (String name :
        List.of("model/model.safetensors", "01-instruct/adapter/adapter_model.safetensors")) {
      byte[] one = Files.readAllBytes(folder.resolve("alone").resolve(name));
      byte[] other = Files.readAllBytes(folder.resolve(output).resolve(name));
      assertThat(Arrays.equals(one, other)).as(name + " of " + output).isTrue();
    }
  }

  @Test
  void workersExecutorsAndDriversThatAreKilledAreReplacedAndTheWeightsAreThoseOfOneProcess()
      throws Exception {
    Process driver = start(recipe("disturbed", STEPS));
    awaitSteps(driver, "disturbed", 3);
    cluster.running(WORKER).get(1).destroyForcibly();
    awaitSteps(driver, "disturbed", 9);
    cluster.running(EXECUTOR).get(0).destroyForcibly();
    awaitSteps(driver, "disturbed", 15);
    driver.destroyForcibly().waitFor();

    assertThat(log())
        .containsPattern("Worker \\d on 127.0.0.1 ended with code 137")
        .contains("all go on from the saved state (1 of 3)")
        .containsPattern("The executor of worker \\d is lost .*\\(2 of 3\\)");

    assertThat(code(start(folder.resolve("disturbed.yaml")))).as(log()).isZero();

    assertThat(log()).containsPattern("steps (1[3-9]|2\\d) to 30").contains("instruct 30/30");
    assertSameWeightsAsAlone("disturbed");
    assertThat(cluster.running(WORKER)).isEmpty();
  }

  @Test
  void sigtermSavesTheStateAndEndsAllWorkers() throws Exception {
    Process driver = start(recipe("stopped", 4_000));
    awaitSteps(driver, "stopped", 2);

    driver.destroy();

    assertThat(code(driver)).as(log()).isEqualTo(143);
    assertThat(log()).contains("the state is saved");
    assertThat(cluster.running(WORKER)).isEmpty();
  }
}
