// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.trainer.Tiny;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Jobs of several workers, as processes that are killed and stopped. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class WorkersTest {
  private static final List<String> WEIGHTS =
      List.of(
          "model/model.safetensors",
          "01-align/checkpoint/model.safetensors",
          "02-instruct/adapter/adapter_model.safetensors");

  private static final int STEPS = 6;

  @TempDir private static Path folder;
  private static int runs;

  /** What all others are compared with: one process. */
  @BeforeAll
  static void trainAlone() throws Exception {
    List<String> lines = Files.readAllLines(Tiny.FOLDER.resolve("train.jsonl"));
    Files.write(
        folder.resolve("images.jsonl"),
        lines.stream().filter(line -> line.contains("\"image\"")).toList());
    finish(recipe("alone", STEPS, 4));
  }

  private static Path recipe(String output, int steps, int shards) throws IOException {
    Path images = Tiny.FOLDER.resolve("images").toAbsolutePath();
    return Files.writeString(
        folder.resolve(output + ".yaml"),
        """
        name: two-stages
        output: %s
        seed: 5
        threads: 1
        shards: %d
        checkpoint: %s
        stages:
          - name: align
            trains: [vision, queries, abstractor]
            data: [{file: %s, images: %s}]
            steps: %d
            batch: 8
            positions: 100
            sequence_length: 96
            rate: 1.0e-3
            abstractor_dropout: 0.1
            save_every: 3
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
                shards,
                Tiny.CHECKPOINT.toAbsolutePath(),
                folder.resolve("images.jsonl"),
                images,
                steps,
                Tiny.FOLDER.resolve("train.jsonl").toAbsolutePath(),
                images,
                steps));
  }

  private static Process start(Path recipe, Map<String, String> environment, String... flags)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.addAll(List.of("io.owlmesh.trainer.job.TrainMain", recipe.toString()));
    command.addAll(List.of(flags));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("log-" + runs++ + ".txt").toFile());
    builder.environment().putAll(environment);
    return builder.start();
  }

  private static String log() throws IOException {
    return Files.readString(folder.resolve("log-" + (runs - 1) + ".txt"));
  }

  private static void finish(Path recipe, String... flags) throws Exception {
    Process process = start(recipe, Map.of(), flags);
    assertThat(process.waitFor(180, TimeUnit.SECONDS)).as(log()).isTrue();
    assertThat(process.exitValue()).as(log()).isZero();
  }

  private static void awaitSteps(Process process, String output, String stage, int steps)
      throws Exception {
    Path file = folder.resolve(output).resolve(stage).resolve("log.jsonl");
    while (!Files.exists(file) || Files.readAllLines(file).size() < steps) {
      assertThat(process.isAlive()).as(log()).isTrue();
      TimeUnit.MILLISECONDS.sleep(5);
    }
  }

  private static void assertSameWeights(String one, String other) throws IOException {
    for (String name : WEIGHTS) {
      byte[] first = Files.readAllBytes(folder.resolve(one).resolve(name));
      byte[] second = Files.readAllBytes(folder.resolve(other).resolve(name));
      assertThat(Arrays.equals(first, second)).as(name + " of " + other).isTrue();
    }
  }

  @Test
  void theWeightsAreTheSameBitsForAnyNumberOfWorkers() throws Exception {
    for (int workers : List.of(2, 3)) {
      finish(recipe("of-" + workers, STEPS, 4), "--workers=" + workers);
      assertSameWeights("alone", "of-" + workers);
    }
  }

  @Test
  void oneShardIsLearntAsAJobWithoutWorkersLearnsIt() throws Exception {
    finish(recipe("one-shard", 2, 1));

    finish(recipe("one-worker", 2, 1), "--workers=1");

    assertSameWeights("one-shard", "one-worker");
  }

  private static ProcessHandle worker(Process driver, int index) throws Exception {
    List<ProcessHandle> children = driver.children().toList();
    while (children.size() <= index) {
      TimeUnit.MILLISECONDS.sleep(5);
      children = driver.children().toList();
    }
    return children.stream().sorted().toList().get(index);
  }

  @Test
  void workersThatAreKilledOrHangAreReplacedAndTheWeightsStayTheSame() throws Exception {
    Process driver = start(recipe("disturbed", STEPS, 4), Map.of(), "--workers=2");
    awaitSteps(driver, "disturbed", "01-align", 4);
    worker(driver, 1).destroyForcibly();
    awaitSteps(driver, "disturbed", "02-instruct", 2);
    ProcessHandle hangs = worker(driver, 1);
    new ProcessBuilder("kill", "-STOP", Long.toString(hangs.pid())).start().waitFor();

    assertThat(driver.waitFor(180, TimeUnit.SECONDS)).as(log()).isTrue();

    assertThat(driver.exitValue()).as(log()).isZero();
    assertThat(log()).contains("all go on from the saved state (1 of 3)", "(2 of 3)");
    assertSameWeights("alone", "disturbed");
  }

  @Test
  void aJobWhoseDriverIsKilledGoesOnWithAnotherNumberOfWorkers() throws Exception {
    Process driver = start(recipe("resumed", STEPS, 4), Map.of(), "--workers=2");
    awaitSteps(driver, "resumed", "01-align", 4);
    List<ProcessHandle> workers = driver.children().toList();
    driver.destroyForcibly().waitFor();
    for (ProcessHandle worker : workers) {
      worker.onExit().get(60, TimeUnit.SECONDS);
    }

    finish(folder.resolve("resumed.yaml"), "--workers=4");

    assertThat(log()).containsPattern("steps [456] to 6|Stage align is up to date");
    assertSameWeights("alone", "resumed");
  }

  @Test
  void sigtermSavesAndTheOutputOfAnotherJobIsRefused() throws Exception {
    Process driver = start(recipe("output", 4_000, 4), Map.of(), "--workers=2");
    awaitSteps(driver, "output", "01-align", 3);

    Process second = start(folder.resolve("output.yaml"), Map.of(), "--workers=1");
    assertThat(second.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(second.exitValue()).isNotZero();
    assertThat(log()).contains("is being written by another job");
    runs--;

    driver.destroy();
    assertThat(driver.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(driver.exitValue()).isEqualTo(143);
    assertThat(log()).contains("the state is saved");
  }

  @Test
  void aWorkerOfAnotherRecipeIsRefusedAndBothAreNamed() throws Exception {
    Map<String, String> group =
        Map.of("WORLD_SIZE", "2", "MASTER_PORT", freePort(), "OWL_WORKER_JOB", "mixed");
    Process master = start(recipe("one", 4, 4), with(group, "RANK", "0"));
    Process other = start(recipe("two", 4, 4), with(group, "RANK", "1"));

    for (Process one : List.of(master, other)) {
      assertThat(one.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(one.exitValue()).isNotZero();
    }
    for (int i = runs - 2; i < runs; i++) {
      assertThat(Files.readString(folder.resolve("log-" + i + ".txt")))
          .containsPattern("worker 1 differs from worker 0: recipe '\\w{64}' instead of '\\w{64}'");
    }
  }

  private static String freePort() throws IOException {
    try (var free = new java.net.ServerSocket(0)) {
      return Integer.toString(free.getLocalPort());
    }
  }

  private static Map<String, String> with(Map<String, String> group, String name, String value) {
    Map<String, String> all = new java.util.HashMap<>(group);
    all.put(name, value);
    return all;
  }
}
