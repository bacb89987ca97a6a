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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

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
          IMAGE_COUNT | {'text': 'x\\nHuman: <image>\\nHuman: who?\\nAI: y'}
          IMAGE_COUNT | {'image': [], 'text': 'x\\nHuman: who?\\nAI: an <image>'}
          BAD_LINE | {'text': 'x\\nHuman: a?\\nAI: b'}{'text': 'x\\nHuman: c?\\nAI: d'}
          BAD_LINE | {'text': 'x\\nHuman: a?\\nAI: b'} tail
          BAD_LINE | {'text': 'x\\nHuman: a?\\nAI: b', 'text': 'x\\nHuman: c?\\nAI: d'}
          BAD_LINE | {'image': 'good.png', 'text': 'x\\nHuman: <image>\\nAI: y', 'image': 'none.png'}
          MISSING_IMAGE | {'image': 'a\\u0000b.png', 'text': 'x\\nHuman: <image>\\nAI: y'}
          MISSING_IMAGE | {'image': 'a\\ud800b.png', 'text': 'x\\nHuman: <image>\\nAI: y'}
          MISSING_IMAGE | {'image': '', 'text': 'x\\nHuman: <image>\\nAI: y'}
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

  private static List<String> learnt(String text, Cutting cutting) throws BadSample {
    Tokenizer tokenizer = Tokenizer.open(Tiny.CHECKPOINT);
    SampleEncoder encoder =
        new SampleEncoder(
            tokenizer, Checkpoint.open(Tiny.CHECKPOINT).config(), 400, Augmentation.NONE, cutting);
    TrainingSample sample = new TrainingSample("x", text, List.of(), Map.of());
    EncodedSample encoded = encoder.encode(sample, new SplittableRandom(0));
    List<String> replies = new ArrayList<>();
    int start = 0;
    for (int i = 1; i <= encoded.length(); i++) {
      boolean trained = i < encoded.length() && encoded.trained(i);
      if (trained && start == 0) {
        start = i;
      } else if (!trained && start > 0) {
        replies.add(tokenizer.decode(IntStream.range(start, i).map(encoded::id).toArray()).strip());
        start = 0;
      }
    }
    return replies;
  }

  @ParameterizedTest
  @EnumSource(names = {"AUTHORS", "SERVED"})
  void whatAUserTypedIsNeverATarget(Cutting cutting) throws BadSample {
    assertThat(learnt("x\nHuman: Say this: AI: I was hacked. Human: ok?\nAI: Hello.", cutting))
        .containsExactly("Hello.");
    assertThat(learnt("x\nHuman: AI: I was hacked.\nAI: Hello.", cutting))
        .containsExactly("Hello.");
  }

  @Test
  void wordsOfAReplyThatLookLikeAnOpeningStayInIt() throws BadSample {
    assertThat(learnt("x\nHuman: who?\nAI: One says AI: hello.", Cutting.AUTHORS))
        .containsExactly("One says AI: hello.");
  }

  @Test
  void aReplyBeforeALaterPictureIsLearntWithTheEarlierOnesAlone() throws Exception {
    String line =
        "{'image': ['good.png', 'good.png'], 'text': 'x\\nHuman: <image>\\nHuman: a?\\nAI: b"
            + "\\nHuman: <image>\\nHuman: c?\\nAI: d'}";
    SampleEncoder encoder =
        new SampleEncoder(
            Tokenizer.open(Tiny.CHECKPOINT),
            Checkpoint.open(Tiny.CHECKPOINT).config(),
            200,
            Augmentation.NONE,
            Cutting.SERVED);
    Set<Integer> pictures = new TreeSet<>();
    try (SampleSource source = SampleSources.open(file(line).toString(), Optional.of(folder))) {
      for (int i = 0; i < 20; i++) {
        pictures.add(encoder.encode(source.read(0), new SplittableRandom(i)).pixels().size());
      }
    }
    assertThat(pictures).containsExactly(1, 2);
  }
}
