// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.synthetic;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.trainer.data.BadSample;
import io.owlmesh.trainer.data.SampleSource;
import io.owlmesh.trainer.data.SampleSources;
import io.owlmesh.trainer.data.TrainingSample;
import io.owlmesh.trainer.eval.EvalQuestion;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PictureBookTest {
  private static final BookOptions OPTIONS = new BookOptions(3, 64, 400, 300, 300, 100, 4);

  @TempDir private static Path scratch;

  private static Path book;

  @BeforeAll
  static void write() throws IOException {
    book = scratch.resolve("book");
    PictureBook.write(book, OPTIONS, (_, _) -> {});
  }

  private static List<TrainingSample> samples(String pattern) throws BadSample {
    List<TrainingSample> samples = new ArrayList<>();
    try (SampleSource source =
        SampleSources.open(book.resolve(pattern).toString(), Optional.empty())) {
      for (int i = 0; i < source.size(); i++) {
        samples.add(source.read(i));
      }
    }
    return samples;
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  @Test
  void theSameOptionsGiveTheSameBytes() throws IOException {
    Path again = scratch.resolve("again");
    PictureBook.write(again, OPTIONS, (_, _) -> {});

    List<Path> files = files(book);
    assertThat(files(again)).hasSameSizeAs(files);
    for (Path file : files) {
      byte[] other = Files.readAllBytes(again.resolve(book.relativize(file)));
      assertThat(Arrays.equals(Files.readAllBytes(file), other)).as("%s", file).isTrue();
    }
  }

  @Test
  void aBookThatIsThereIsNotWrittenAgain() throws IOException {
    assertThat(PictureBook.write(book, OPTIONS, (_, _) -> {})).isEmpty();
  }

  @Test
  void everySampleHasAsManyPlacesAsImages() throws BadSample {
    for (String pattern : List.of("pretrain.jsonl", "instruct-text.jsonl", "test.jsonl")) {
      assertThat(samples(pattern)).allMatch(PictureBookTest::fits);
    }
    assertThat(samples("align-*.tar")).hasSize(300).allMatch(PictureBookTest::fits);
    assertThat(samples("instruct-image-*.tar")).hasSize(300).allMatch(PictureBookTest::fits);
  }

  private static boolean fits(TrainingSample sample) {
    return sample.text().split("<image>", -1).length - 1 == sample.images().size()
        && sample.text().contains("\nAI: ");
  }

  @Test
  void wordsOfTheTestNeverOccurInTraining() throws BadSample {
    Set<String> asked = new HashSet<>();
    for (TrainingSample sample : samples("test.jsonl")) {
      if ("word".equals(sample.labels().get("skill"))) {
        String word = EvalQuestion.of(sample).truth().replaceAll("[.。]", "");
        if (word.length() > 1) {
          asked.add(word);
        }
      }
    }

    assertThat(asked).hasSizeGreaterThan(3).allMatch(Scenes::isTestWord);
    for (String file : List.of("pretrain.jsonl", "instruct-image-*.tar", "align-*.tar")) {
      for (TrainingSample sample : samples(file)) {
        assertThat(sample.text().split("[^A-Z]+")).doesNotContainAnyElementsOf(asked);
      }
    }
  }

  @Test
  void heldOutCombinationsOccurInTheTestAlone() {
    Scenes training = new Scenes(new SplittableRandom(1), false);
    Scenes test = new Scenes(new SplittableRandom(1), true);
    int held = 0;
    for (int i = 0; i < 500; i++) {
      assertThat(Scenes.heldOut(training.pair())).isFalse();
      assertThat(Scenes.heldOut(training.single())).isFalse();
      held += Scenes.heldOut(test.pair()) ? 1 : 0;
    }
    assertThat(held).isBetween(20, 200);
  }

  @Test
  void aThingIsPaintedInItsColourAtItsPlace() throws IOException {
    Scenes scenes = new Scenes(new SplittableRandom(5), false);
    Renderer renderer = new Renderer(64);
    for (int i = 0; i < 50; i++) {
      Scene.Pair pair = scenes.pair();
      byte[] png = renderer.png(pair, new SplittableRandom(i));
      BufferedImage image = ImageIO.read(new ByteArrayInputStream(png));
      for (Thing thing : List.of(pair.first(), pair.second())) {
        if (thing.shape() != Shape.RING) { // Nothing is in its middle.
          int pixel = image.getRGB((int) thing.x(), (int) thing.y()) & 0xFFFFFF;
          assertThat(pixel).as("%s", pair).isEqualTo(thing.colour().rgb());
        }
      }
      double gap =
          pair.sideways()
              ? pair.second().x() - pair.first().x()
              : pair.second().y() - pair.first().y();
      assertThat(gap).isGreaterThan(20);
    }
  }

  @Test
  void repliesFollowFromTheScene() {
    Questions questions =
        new Questions(new SplittableRandom(8), new Scenes(new SplittableRandom(8), false));
    for (int i = 0; i < 100; i++) {
      SyntheticDialogue count = questions.ask("count", Language.ENGLISH);
      Scene.Crowd crowd = (Scene.Crowd) count.scenes().getFirst();
      List<String> words = List.of("One.", "Two.", "Three.", "Four.", "Five.");
      assertThat(count.turns().getLast()).isEqualTo(words.get(crowd.things().size() - 1));

      SyntheticDialogue place = questions.ask("place", Language.ENGLISH);
      Scene.Pair pair = (Scene.Pair) place.scenes().getFirst();
      boolean ofFirst = place.turns().getFirst().contains(pair.first().name(Language.ENGLISH));
      String side = pair.sideways() ? (ofFirst ? "Left" : "Right") : (ofFirst ? "Above" : "Below");
      assertThat(place.turns().getLast()).startsWith(side);

      SyntheticDialogue table = questions.ask("table", Language.ENGLISH);
      String asked = table.turns().getFirst();
      int row = asked.charAt("What is in row ".length()) - 'A';
      int column = asked.charAt(asked.length() - 2) - '1';
      assertThat(table.turns().getLast())
          .isEqualTo(((Scene.Table) table.scenes().getFirst()).rows().get(row).get(column) + ".");
    }
  }
}
