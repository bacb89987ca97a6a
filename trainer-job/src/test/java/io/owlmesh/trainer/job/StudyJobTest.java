// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.owlmesh.core.HostTensor;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.weights.MappedTensor;
import io.owlmesh.runtime.EngineOptions;
import io.owlmesh.runtime.WeightLoader;
import io.owlmesh.runtime.connector.VisualAbstractor;
import io.owlmesh.trainer.Tiny;
import io.owlmesh.trainer.recipe.Recipe;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StudyJobTest {
  @TempDir private Path folder;

  private final StringWriter told = new StringWriter();

  @BeforeEach
  void runTheStudy() throws IOException {
    Path images = Tiny.FOLDER.resolve("images").toAbsolutePath();
    Path data =
        Files.write(
            folder.resolve("data.jsonl"),
            Files.readAllLines(Tiny.FOLDER.resolve("train.jsonl")).stream()
                .filter(line -> line.contains("\"image\""))
                .toList());
    Path test =
        Files.writeString(
            folder.resolve("test.jsonl"),
            """
            {"text": "x\\nHuman: Who?\\nAI: An owl.", "skill": "who", "ability": "knowledge"}
            """);
    String stage =
        "data: [{file: %s, images: %s}], steps: 2, batch: 2, sequence_length: 140, rate: 1.0e-3"
            .formatted(data, images);
    Path recipe =
        Files.writeString(
            folder.resolve("study.yaml"),
            """
            name: connectors
            output: %s
            checkpoint: %s
            threads: 1
            save_as: float32
            stages:
              - {name: align, trains: [queries, abstractor], fresh: {part: connector}, %s}
              - {name: tune, lora: {r: 2}, %s}
              - {name: linear, trains: [abstractor], fresh: {part: linear_connector}, %s}
              - {name: last, trains: [projection], fresh: {part: projection, spread: 2}, %s}
            study:
              seeds: [3, 4]
              variants:
                - {name: aligned, stages: [align]}
                - {name: tuned, stages: [align, tune]}
                - {name: linear, stages: [linear]}
                - {name: projection, stages: [last]}
            evaluate: {test: %s, max_new_tokens: 2}
            """
                .formatted(
                    folder.resolve("out"),
                    Tiny.CHECKPOINT.toAbsolutePath(),
                    stage,
                    stage,
                    stage,
                    stage,
                    test));
    try (TrainingMonitor watching = new TrainingMonitor(new PrintWriter(told), false)) {
      assertThat(new StudyJob(Recipe.read(recipe), watching).run()).isTrue();
    }
  }

  private Checkpoint model(String variant) {
    return Checkpoint.open(folder.resolve("out/seed-3").resolve(variant).resolve("model"));
  }

  private static HostTensor tensor(Checkpoint checkpoint, String name) {
    try (MappedTensor file = checkpoint.map(name)) {
      return file.copy();
    }
  }

  @Test
  void variantsAreComparedAndStagesThatTheyShareRunOnceASeed() throws IOException {
    assertThat(Files.readString(folder.resolve("out/study.md")))
        .contains("| variant | all | knowledge |", "| aligned | 0.0 ± 0.0 |", "| projection |");
    assertThat(Files.readString(folder.resolve("out/seed-4/tuned/report.html")))
        .contains("<h2>tune</h2>", "<h2>Answers</h2>", "Who?", "truth: An owl.");
    assertThat(told.toString().split("Stage align: ", -1)).hasSize(3);
    assertThat(told.toString().split("Stage align is up to date", -1)).hasSize(3);
  }

  @Test
  void aLinearConnectorProjectsEveryFeature() {
    Checkpoint linear = model("linear");
    ModelConfig config = linear.config();
    int rows = config.featureTokens();
    int width = config.featureWidth();
    float[] features = new float[rows * width];
    for (int i = 0; i < features.length; i++) {
      features[i] = (float) Math.sin(i);
    }

    HostTensor tokens;
    try (VisualAbstractor connector =
        VisualAbstractor.load(linear, EngineOptions.DEFAULTS, WeightLoader.Progress.NONE)) {
      tokens = connector.resample(List.of(HostTensor.ofFloats(features, rows, width))).getFirst();
    }

    float[] weight = tensor(linear, "abstractor.visual_fc.weight").toFloats();
    float[] bias = tensor(linear, "abstractor.visual_fc.bias").toFloats();
    int out = config.language().width();
    assertThat(tokens.shape()).containsExactly(rows + 1, out);
    float[] got = tokens.toFloats();
    for (int row : new int[] {0, rows - 1}) {
      for (int channel = 0; channel < out; channel++) {
        double expected = bias[channel];
        for (int i = 0; i < width; i++) {
          expected += (double) weight[channel * width + i] * features[row * width + i];
        }
        assertThat((double) got[row * out + channel]).isCloseTo(expected, within(1e-4));
      }
    }
  }

  @Test
  void aFreshProjectionLearnsAndAllElseStays() {
    Checkpoint before = Checkpoint.open(Tiny.CHECKPOINT);
    Checkpoint after = model("projection");
    Set<String> changed = new TreeSet<>();

    for (String name : before.tensors().keySet()) {
      if (!Arrays.equals(tensor(before, name).toFloats(), tensor(after, name).toFloats())) {
        changed.add(name);
      }
    }

    assertThat(changed).containsExactly("abstractor.visual_fc.bias", "abstractor.visual_fc.weight");
  }
}
