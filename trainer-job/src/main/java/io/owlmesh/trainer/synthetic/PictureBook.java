// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.synthetic;

import static io.owlmesh.model.text.DialogueText.speaker;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.core.FileTree;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.checkpoint.CheckpointWriter;
import io.owlmesh.model.text.ChatTemplate.Role;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * Writes the picture book. The same options give the same bytes on any machine: shapes and letters
 * are drawn without the system's fonts.
 */
public final class PictureBook {
  /** Told of each file that is being written, and how many samples it has so far. */
  @FunctionalInterface
  public interface Progress {
    void written(String file, int samples);
  }

  // Raised whenever the same options give another book.
  private static final int VERSION = 4;
  private static final String STAMP = "book.json";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final BookOptions options;
  private final Progress progress;
  private final Renderer renderer;
  private final Map<String, Integer> counts = new TreeMap<>();

  private PictureBook(BookOptions options, Progress progress) {
    this.options = options;
    this.progress = progress;
    this.renderer = new Renderer(options.imageSize());
  }

  /**
   * Writes a book: pretrain.jsonl and instruct-text.jsonl of text, shards align-*.tar and
   * instruct-image-*.tar, and test.jsonl with a folder of images. The folder appears whole or not
   * at all; where it holds this book already, nothing happens.
   *
   * @return samples by file and skill; empty if the book was there
   * @throws OwlException BAD_INPUT if the folder holds something else
   */
  public static Map<String, Integer> write(Path folder, BookOptions options, Progress progress)
      throws IOException {
    if (options.imageSize() < 32 || options.imageSize() > 1024) {
      throw OwlException.badInput("image_size", options.imageSize() + ", allowed are 32 to 1024");
    }
    String stamp =
        JSON.createObjectNode().put("version", VERSION).put("options", "" + options).toString();
    Path old = folder.resolve(STAMP);
    if (Files.exists(old)) {
      if (Files.readString(old).equals(stamp)) {
        return Map.of();
      }
      FileTree.delete(folder);
    }
    PictureBook book = new PictureBook(options, progress);
    CheckpointWriter.whole(
        folder,
        partial -> {
          book.writeAll(partial);
          Files.writeString(partial.resolve(STAMP), stamp);
        });
    return book.counts;
  }

  private void writeAll(Path folder) throws IOException {
    texts(folder, "pretrain", options.pretrain(), this::pretrain);
    texts(folder, "instruct-text", options.instructText(), this::textDialogue);
    shards(folder, "align", options.align(), this::captioned);
    shards(folder, "instruct-image", options.instructImage(), this::imageDialogue);
    test(folder);
  }

  /** A line, and the scenes of its pictures. */
  private record Page(ObjectNode line, List<Scene> scenes) {}

  /** Makes the samples of a file. */
  @FunctionalInterface
  private interface Author {
    Page page(RandomGenerator random);
  }

  private RandomGenerator random(String file, int number) {
    return new SplittableRandom(
        (options.seed() * 1_000_003 + file.hashCode()) * 1_000_003 + number);
  }

  private static ObjectNode line(String id, String text, SyntheticDialogue about) {
    return JSON.createObjectNode()
        .put("id", id)
        .put("text", text)
        .put("task_type", "picturebook_sft")
        .put("skill", about.skill())
        .put("ability", about.ability())
        .put("language", about.language().code());
  }

  private void texts(Path folder, String name, int count, Author author) throws IOException {
    try (OutputStream out = Files.newOutputStream(folder.resolve(name + ".jsonl"))) {
      LineWriter lines = new LineWriter(out);
      for (int i = 0; i < count; i++) {
        Page page = author.page(random(name, i));
        lines.write(page.line().put("id", name + "-" + i));
        counted(name, page.line(), i);
      }
      lines.flush();
    }
  }

  private void counted(String name, ObjectNode line, int number) {
    counts.merge(name + " " + line.path("skill").asText(), 1, Integer::sum);
    progress.written(name, number + 1);
  }

  private void shards(Path folder, String name, int count, Author author) throws IOException {
    try (ShardWriter shards = new ShardWriter(folder, name)) {
      for (int i = 0; i < count; i++) {
        RandomGenerator random = random(name, i);
        Page page = author.page(random);
        byte[][] images = new byte[page.scenes().size()][];
        for (int j = 0; j < images.length; j++) {
          images[j] = renderer.png(page.scenes().get(j), random);
        }
        shards.write(i, page.line().put("id", name + "-" + i), images);
        counted(name, page.line(), i);
      }
    }
  }

  private static SyntheticDialogue dialogue(RandomGenerator random, boolean test) {
    boolean chinese = random.nextInt(4) == 0;
    List<String> skills = chinese ? Questions.CHINESE : Questions.SKILLS;
    int pick = random.nextInt(skills.size() + Questions.HARD.size());
    String skill =
        pick < skills.size() ? skills.get(pick) : Questions.HARD.get(pick - skills.size());
    return new Questions(random, new Scenes(random, test))
        .ask(skill, chinese ? Language.CHINESE : Language.ENGLISH);
  }

  private static SyntheticDialogue text(RandomGenerator random, boolean test) {
    boolean chinese = random.nextInt(5) == 0;
    List<String> skills = chinese ? TextQuestions.CHINESE : TextQuestions.SKILLS;
    return new TextQuestions(random, test)
        .ask(
            skills.get(random.nextInt(skills.size())),
            chinese ? Language.CHINESE : Language.ENGLISH);
  }

  private Page textDialogue(RandomGenerator random) {
    SyntheticDialogue dialogue = text(random, false);
    return new Page(line("", dialogue.text(), dialogue), List.of());
  }

  private Page imageDialogue(RandomGenerator random) {
    SyntheticDialogue dialogue = dialogue(random, false);
    return new Page(line("", dialogue.text(), dialogue), dialogue.scenes());
  }

  private Page captioned(RandomGenerator random) {
    Scene scene = scene(random);
    Language language = random.nextInt(3) == 0 ? Language.CHINESE : Language.ENGLISH;
    String caption = scene.caption(language);
    SyntheticDialogue about =
        SyntheticDialogue.of("caption", "", language, List.of(scene), "", caption);
    return new Page(
        line("", speaker(Role.HUMAN) + "<image>\n" + speaker(Role.AI) + caption, about),
        List.of(scene));
  }

  private static Scene scene(RandomGenerator random) {
    Scenes scenes = new Scenes(random, false);
    return switch (random.nextInt(16)) {
      case 0, 1 -> scenes.single();
      case 2, 3, 4, 5, 6 -> scenes.pair();
      case 7, 8, 9 -> scenes.crowd();
      case 10, 11, 12 -> scenes.word();
      case 13 -> scenes.number();
      default -> random.nextBoolean() ? scenes.table() : scenes.chart();
    };
  }

  /**
   * What text alone can teach: questions without pictures, descriptions said again, and questions
   * about descriptions.
   */
  private Page pretrain(RandomGenerator random) {
    Language described = random.nextInt(3) == 0 ? Language.CHINESE : Language.ENGLISH;
    return switch (random.nextInt(4)) {
      case 0 -> described(text(random, false), random.nextBoolean(), described);
      case 1 -> {
        String caption = scene(random).caption(described);
        yield described(
            SyntheticDialogue.of("caption", "", described, List.of(), caption, caption),
            false,
            described);
      }
      default -> described(dialogue(random, false), random.nextInt(3) > 0, described);
    };
  }

  private static Page described(SyntheticDialogue dialogue, boolean system, Language described) {
    return new Page(line("", dialogue.textOnly(system, described), dialogue), List.of());
  }

  private void test(Path folder) throws IOException {
    Path images = Files.createDirectory(folder.resolve("images"));
    try (OutputStream out = Files.newOutputStream(folder.resolve("test.jsonl"))) {
      LineWriter lines = new LineWriter(out);
      for (Language language : Language.values()) {
        boolean chinese = language == Language.CHINESE;
        for (String skill : chinese ? Questions.CHINESE : Questions.SKILLS) {
          for (int i = 0; i < options.test(); i++) {
            RandomGenerator random = random("test " + skill + language, i);
            Questions questions = new Questions(random, new Scenes(random, true));
            test(lines, images, questions.ask(skill, language), i, random);
          }
        }
        for (String skill : chinese ? TextQuestions.CHINESE : TextQuestions.SKILLS) {
          for (int i = 0; i < options.test(); i++) {
            RandomGenerator random = random("test " + skill + language, i);
            test(lines, images, new TextQuestions(random, true).ask(skill, language), i, random);
          }
        }
      }
      lines.flush();
    }
  }

  private void test(
      LineWriter lines, Path images, SyntheticDialogue dialogue, int number, RandomGenerator random)
      throws IOException {
    String id = "%s-%s-%d".formatted(dialogue.skill(), dialogue.language().code(), number);
    ObjectNode line = line(id, dialogue.text(), dialogue);
    for (int j = 0; j < dialogue.scenes().size(); j++) {
      String name = id + "-" + j + ".png";
      Files.write(images.resolve(name), renderer.png(dialogue.scenes().get(j), random));
      line.withArray("image").add("images/" + name);
    }
    if (dialogue.scenes().stream().anyMatch(Scenes::heldOut)) {
      line.put("heldout", "true");
    }
    lines.write(line);
    counted("test", line, number);
  }
}
