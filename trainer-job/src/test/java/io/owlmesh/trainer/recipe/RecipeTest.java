// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.owlmesh.core.OwlException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class RecipeTest {
  private static final Path SHIPPED = Path.of("../deploy/recipes");

  @TempDir private Path folder;

  static List<Path> shipped() throws IOException {
    try (Stream<Path> files = Files.list(SHIPPED)) {
      return files.sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("shipped")
  void everyShippedRecipeIsValid(Path file) {
    assertThat(Recipe.read(file).stages()).isNotEmpty();
  }

  @Test
  void thePaperRecipeHasThePapersNumbers() {
    Recipe paper = Recipe.read(SHIPPED.resolve("paper-7b.yaml"));
    TrainingStage align = paper.stages().get(0);
    TrainingStage instruct = paper.stages().get(1);

    assertThat(align.steps()).isEqualTo(50_000);
    assertThat(align.rate()).isEqualTo(1e-4);
    assertThat(align.schedule()).isEqualTo(new Schedule(Schedule.Kind.COSINE, 2000, 0));
    assertThat(align.optimiser().weightDecay()).isEqualTo(0.1);
    assertThat(align.optimiser().beta2()).isEqualTo(0.98);
    assertThat(instruct.steps()).isEqualTo(2000);
    assertThat(instruct.batch()).isEqualTo(256);
    assertThat(instruct.rate()).isEqualTo(2e-5);
    assertThat(instruct.lora()).isPresent();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          steps: 0 | stages.one.steps
          batch: -1 | stages.one.batch
          rate: 100 | stages.one.rate
          precision: int3 | stages.one.precision
          trains: [nose] | stages[0].trains
          learning: 1 | learning
          optimizer: {betas: [0.9]} | stages.optimizer.betas
          schedule: {kind: cosine, floor: 2} | schedule.floor
          lora: {r: 9999} | stages.lora.r
          lora: {r: 0} | stages.lora.r: 0, allowed are 1 to 4096
          lora: {alpha: 0} | stages.lora.alpha: 0
          data: [{file: a.jsonl, weight: 0}] | stages.data.weight: 0
          fresh: {part: connector, spread: 0} | stages.fresh.spread: 0
          positions: 0 | stages.one.positions: 0
          save_every: 0 | stages.one.save_every: 0
          optimizer: {epsilon: 0} | stages.optimizer.epsilon: 0
          """)
  void aWrongFieldIsNamed(String line, String named) throws IOException {
    String recipe =
        """
        name: x
        output: out
        checkpoint: somewhere
        stages:
          - name: one
            trains: [queries]
            data: [{file: a.jsonl}]
            steps: 10
            batch: 2
            sequence_length: 64
            rate: 1.0e-3
        """;
    String key = line.substring(0, line.indexOf(':') + 1);
    String changed =
        recipe.contains("    " + key)
            ? recipe.replaceAll("(?m)^    " + key + ".*$", "    " + line)
            : recipe + "    " + line + "\n";
    Path file = Files.writeString(folder.resolve("recipe.yaml"), changed);

    assertThatThrownBy(() -> Recipe.read(file))
        .isInstanceOf(OwlException.class)
        .hasMessageContaining(named);
  }

  @Test
  void theRateRisesToItsPeakAndFallsToItsFloor() {
    Schedule cosine = new Schedule(Schedule.Kind.COSINE, 10, 0.1);
    Schedule linear = new Schedule(Schedule.Kind.LINEAR, 0, 0);

    assertThat(cosine.factor(0, 110)).isEqualTo(0.1, within(1e-12));
    assertThat(cosine.factor(9, 110)).isEqualTo(1, within(1e-12));
    assertThat(cosine.factor(60, 110)).isEqualTo(0.55, within(1e-12));
    assertThat(cosine.factor(110, 110)).isEqualTo(0.1, within(1e-12));
    assertThat(linear.factor(25, 100)).isEqualTo(0.75, within(1e-12));
  }

  private Recipe recipe(String stage) throws IOException {
    String text =
        """
        name: x
        output: out
        checkpoint: somewhere
        stages:
          - name: one
            trains: [queries]
            data: [{file: a.jsonl}]
            steps: 10
            batch: 2
            sequence_length: 64
            rate: 1.0e-3
        """;
    return Recipe.read(Files.writeString(folder.resolve("recipe.yaml"), text + stage));
  }

  @Test
  void whatIsLeftOutTakesItsUsualValue() throws IOException {
    TrainingStage stage =
        recipe("    lora: {}\n    fresh: {part: connector}\n    optimizer: {betas: [0.8, 0.9]}\n")
            .stages()
            .getFirst();

    assertThat(stage.data())
        .containsExactly(new TrainingStage.Data("a.jsonl", 1, Optional.empty()));
    assertThat(stage.lora().orElseThrow().r()).isEqualTo(8);
    assertThat(stage.lora().orElseThrow().alpha()).isEqualTo(32);
    assertThat(stage.fresh().orElseThrow().spread()).isEqualTo(1);
    assertThat(stage.positions()).isEqualTo(8192);
    assertThat(stage.saveEvery()).isEqualTo(500);
    assertThat(stage.optimizer()).isEqualTo(new OptimiserRecipe(List.of(0.8, 0.9), 1e-6, 0, 1));
    assertThat(recipe("").stages().getFirst().optimizer().clip()).isEqualTo(1);
  }

  @Test
  void aZeroThatMeansSomethingStaysZero() throws IOException {
    TrainingStage stage = recipe("    optimizer: {clip: 0, weight_decay: 0}\n").stages().getFirst();

    assertThat(stage.optimizer().clip()).isZero();
    assertThat(stage.optimizer().weightDecay()).isZero();
  }
}
