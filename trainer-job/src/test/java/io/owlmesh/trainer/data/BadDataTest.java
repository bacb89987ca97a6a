// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.core.OwlException;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.text.Tokenizer;
import io.owlmesh.trainer.Tiny;
import io.owlmesh.trainer.data.BadSample.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BadDataTest {
  private static final String GOOD = "{'text': 'Be kind.\\nHuman: Who?\\nAI: An owl.'}";

  @TempDir private Path folder;

  @BeforeEach
  void addImages() throws IOException {
    Files.copy(Tiny.FOLDER.resolve("images/rgb.png"), folder.resolve("good.png"));
    Files.writeString(folder.resolve("text.png"), "no picture");
  }

  private Path file(String... lines) throws IOException {
    return Files.writeString(
        folder.resolve("data.jsonl"), String.join("\n", lines).replace('\'', '"'));
  }

  private static SampleEncoder encoder(int maxLength) {
    return new SampleEncoder(
        Tokenizer.open(Tiny.CHECKPOINT),
        Checkpoint.open(Tiny.CHECKPOINT).config(),
        maxLength,
        Augmentation.NONE,
        Cutting.AUTHORS);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          BAD_LINE | {'text': 'Be kind.
          BAD_LINE | [1, 2]
          BAD_LINE | {'text': 'x', 'image': [7]}
          NO_TEXT | {'image': 'good.png'}
          NO_TEXT | {'text': 5}
          MISSING_IMAGE | {'image': 'none.png', 'text': 'x\\nHuman: <image>\\nAI: y'}
          MISSING_IMAGE | {'image': '../data.jsonl', 'text': 'x\\nHuman: <image>\\nAI: y'}
          BROKEN_IMAGE | {'image': 'text.png', 'text': 'x\\nHuman: <image>\\nAI: y'}
          IMAGE_COUNT | {'image': 'good.png', 'text': 'x\\nHuman: who?\\nAI: y'}
          IMAGE_COUNT | {'image': 'good.png', 'text': 'x\\nHuman: <image><image>\\nAI: y'}
          MEDIA_FIRST | {'image': 'good.png', 'text': '<image>\\nHuman: who?\\nAI: y'}
          NO_TARGET | {'text': 'x\\nHuman: who?'}
          """)
  void whatCannotBeUsedIsNamedByItsReason(Reason reason, String line) throws IOException {
    try (SampleSource source = SampleSources.open(file(line).toString(), Optional.of(folder))) {
      assertThatThrownBy(() -> encoder(64).encode(source.read(0), new SplittableRandom(0)))
          .isInstanceOfSatisfying(
              BadSample.class, bad -> assertThat(bad.reason()).isEqualTo(reason));
    }
  }

  @Test
  void anImageThatDoesNotFitIsOverLong() throws IOException {
    String line = "{'image': 'good.png', 'text': 'Be kind, and helpful.\\nHuman: <image>\\nAI: y'}";
    try (SampleSource source = SampleSources.open(file(line).toString(), Optional.of(folder))) {
      assertThatThrownBy(() -> encoder(16).encode(source.read(0), new SplittableRandom(0)))
          .isInstanceOfSatisfying(
              BadSample.class, bad -> assertThat(bad.reason()).isEqualTo(Reason.OVER_LONG));
    }
  }

  @Test
  void aBadSampleIsCountedAndAnotherOneTaken() throws IOException {
    try (SampleSource source =
        SampleSources.open(file(GOOD, "{}", GOOD).toString(), Optional.empty())) {
      Mixture mixture = new Mixture(List.of(new Mixture.Part("data", source, 1)), 1);

      for (int i = 0; i < 30; i++) {
        assertThat(mixture.draw(i, encoder(64)).targets()).isPositive();
      }

      assertThat(mixture.report().byReason()).containsOnlyKeys("NO_TEXT");
      assertThat(mixture.report().byReason().get("NO_TEXT")).isGreaterThanOrEqualTo(10);
    }
  }

  @Test
  void nothingButBadSamplesIsAnErrorAndNotAnEndlessSearch() throws IOException {
    try (SampleSource source = SampleSources.open(file("{}", "{}").toString(), Optional.empty())) {
      Mixture mixture = new Mixture(List.of(new Mixture.Part("data", source, 1)), 1);

      assertThatThrownBy(() -> mixture.draw(0, encoder(64)))
          .isInstanceOf(OwlException.class)
          .hasMessageContaining("in a row cannot be used");
    }
  }
}
