// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.model.checkpoint.AdapterFile;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.trainer.Tiny;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jobs as processes, which are killed as a scheduler or the kernel does it. */
class JobTest {
  private static final List<String> WEIGHTS =
      List.of(
          "model/model.safetensors",
          "01-align/checkpoint/model.safetensors",
          "02-instruct/checkpoint/model.safetensors",
          "02-instruct/adapter/adapter_model.safetensors");

  @TempDir private Path folder;

  private int runs;

  /** The paper's two stages over the golden samples. */
  @BeforeEach
  void writeRecipe() throws IOException {
    Files.writeString(folder.resolve("recipe.yaml"), recipe("output", 40));
  }

  private String recipe(String output, int steps) {
    String data =
        "[{file: %s, images: %s}]"
            .formatted(
                Tiny.FOLDER.resolve("train.jsonl").toAbsolutePath(),
                Tiny.FOLDER.resolve("images").toAbsolutePath());
    return """
    name: two-stages
    output: %s
    seed: 5
    threads: 1
    checkpoint: %s
    stages:
      - name: align
        trains: [vision, queries, abstractor]
        data: %s
        steps: %d
        batch: 2
        sequence_length: 96
        rate: 1.0e-3
        abstractor_dropout: 0.1
        save_every: 7
      - name: instruct
        trains: [queries, abstractor]
        lora: {r: 4, dropout: 0.05}
        data: %s
        steps: %d
        batch: 2
        positions: 100
        sequence_length: 96
        rate: 1.0e-3
        gradient_checkpointing: true
        save_every: 5
    """
        .formatted(
            folder.resolve(output),
            Tiny.CHECKPOINT.toAbsolutePath(),
            // Images only: nothing that learns in this stage sees text alone.
            "[{file: %s, images: %s}]"
                .formatted(
                    imagesOnly().toAbsolutePath(), Tiny.FOLDER.resolve("images").toAbsolutePath()),
            steps,
            data,
            steps);
  }

  private Path imagesOnly() {
    try {
      List<String> lines = Files.readAllLines(Tiny.FOLDER.resolve("train.jsonl"));
      return Files.write(
          folder.resolve("images.jsonl"),
          lines.stream().filter(line -> line.contains("\"image\"")).toList());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private Process start(Path recipe) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-Xmx512m", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.addAll(List.of("io.owlmesh.trainer.job.TrainMain", recipe.toString()));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("log-" + runs++ + ".txt").toFile())
        .start();
  }

  private String log() throws IOException {
    return Files.readString(folder.resolve("log-" + (runs - 1) + ".txt"));
  }

  private void finish(Path recipe) throws Exception {
    Process process = start(recipe);
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(log()).isZero();
  }

  /** Waits until a stage has done so many steps. */
  private void awaitSteps(Process process, String stage, int steps) throws Exception {
    Path file = folder.resolve("output").resolve(stage).resolve("log.jsonl");
    while (!Files.exists(file) || Files.readAllLines(file).size() < steps) {
      assertThat(process.isAlive()).as(log()).isTrue();
      TimeUnit.MILLISECONDS.sleep(5);
    }
  }

  @Test
  void aKilledJobEndsWithTheWeightsOfOneNeverKilled() throws Exception {
    Path straight = Files.writeString(folder.resolve("straight.yaml"), recipe("straight", 40));
    finish(straight);
    Path recipe = folder.resolve("recipe.yaml");

    Process first = start(recipe);
    awaitSteps(first, "01-align", 17);
    first.destroyForcibly().waitFor();
    Process second = start(recipe);
    awaitSteps(second, "02-instruct", 12);
    second.destroyForcibly().waitFor();
    finish(recipe);

    for (String name : WEIGHTS) {
      byte[] killed = Files.readAllBytes(folder.resolve("output").resolve(name));
      byte[] never = Files.readAllBytes(folder.resolve("straight").resolve(name));
      assertThat(Arrays.equals(killed, never)).as(name).isTrue();
    }
    assertThat(Files.readAllLines(folder.resolve("output/02-instruct/log.jsonl"))).hasSize(40);
  }

  @Test
  void sigtermSavesTheRunningStepAndTheJobGoesOnFromIt() throws Exception {
    Path recipe = Files.writeString(folder.resolve("recipe.yaml"), recipe("output", 4000));
    Process process = start(recipe);
    awaitSteps(process, "01-align", 10);

    process.destroy();

    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(143);
    assertThat(log()).contains("the state is saved");
    int done = Files.readAllLines(folder.resolve("output/01-align/log.jsonl")).size();
    Process again = start(recipe);
    awaitSteps(again, "01-align", done + 5);
    again.destroyForcibly().waitFor();
    assertThat(log()).contains("steps " + (done + 1) + " to 4000");
  }

  @Test
  void whatDidNotChangeIsNotRunAgainAndTheResultsOpen() throws Exception {
    Path recipe = folder.resolve("recipe.yaml");
    finish(recipe);

    finish(recipe);

    assertThat(log())
        .contains("Stage align is up to date")
        .contains("Stage instruct is up to date");
    Checkpoint result = Checkpoint.open(folder.resolve("output/model"));
    result.requireComplete(io.owlmesh.model.checkpoint.Part.values());
    AdapterFile adapter = AdapterFile.open(folder.resolve("output/02-instruct/adapter"));
    adapter.validate(result.config());
    assertThat(adapter.scaling()).isEqualTo(4);
    assertThat(Files.readString(folder.resolve("output/report.html")))
        .contains("<h2>align</h2>", "<h2>instruct</h2>", "gradient norm", "<polyline");
    try (Stream<Path> files = Files.list(folder.resolve("output/01-align"))) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .anyMatch(name -> name.contains("tfevents"))
          .noneMatch(name -> name.startsWith("state"));
    }
  }
}
