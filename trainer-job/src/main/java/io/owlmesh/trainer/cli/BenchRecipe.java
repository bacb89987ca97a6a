// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.owlmesh.core.DType;
import io.owlmesh.model.random.Preset;
import io.owlmesh.model.random.RandomCheckpoint;
import io.owlmesh.model.text.Tokenizer;
import io.owlmesh.trainer.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** What workers learn while they are measured: little, in a folder of its own. */
final class BenchRecipe {
  private static final YAMLMapper YAML = YAMLMapper.builder().build();
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Texts that a tokenizer of a thousand pieces can be made of. */
  private static final int FEW_TEXTS = 4_000;

  private static final int BATCH = 8;
  private static final List<String> WORDS =
      List.of("an", "owl", "sees", "what", "is", "in", "the", "picture", "and", "says", "so");

  private BenchRecipe() {}

  /**
   * Writes a LoRA for random weights and text to learn.
   *
   * @param positions of a sample, about
   * @return the recipe
   */
  static Path random(Path folder, Preset shape, int positions) throws IOException {
    Path checkpoint = folder.resolve("checkpoint");
    RandomCheckpoint.write(shape, checkpoint, DType.FLOAT32, 1, (_, _) -> {});
    Path texts = folder.resolve("texts.jsonl");
    Files.write(texts, texts(Tokenizer.open(checkpoint), positions));
    return Files.writeString(
        folder.resolve("lora.yaml"),
        """
        name: bench
        output: %s
        shards: %d
        checkpoint: %s
        stages:
          - name: lora
            trains: []
            lora: {r: 8}
            data: [{file: %s}]
            steps: 1
            batch: %d
            sequence_length: %d
            rate: 1.0e-4
        """
            .formatted(folder.resolve("output"), BATCH, checkpoint, texts, BATCH, positions));
  }

  private static List<String> texts(Tokenizer tokenizer, int positions) {
    Random random = new Random(1);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 8 * BATCH; i++) {
      String text = "Human: " + WORDS.get(random.nextInt(WORDS.size())) + "?\nAI:";
      String longer = text;
      while (tokenizer.encode(longer).length < positions - 8) {
        text = longer;
        longer += " " + WORDS.get(random.nextInt(WORDS.size()));
      }
      ObjectNode line = JSON.createObjectNode().put("text", text).put("task_type", "bench_sft");
      line.putArray("image");
      lines.add(line.toString());
    }
    return lines;
  }

  /**
   * A recipe with its first stage alone, of few steps, none of which saves the state. Of a picture
   * book that is not there, only as much is made as these steps read.
   *
   * @param folder for output and book
   * @return the file
   */
  static Path shortened(Path recipe, Path folder, int steps, int threads) throws IOException {
    Recipe whole = Recipe.read(recipe); // What is wrong with it is told by its field.
    ObjectNode root = (ObjectNode) YAML.readTree(recipe.toFile());
    root.put("output", folder.resolve("output").toString()).put("threads", threads);
    root.remove(List.of("evaluate", "study"));
    ObjectNode stage = (ObjectNode) root.path("stages").get(0);
    stage.put("steps", steps).put("save_every", steps + 1).remove("validation");
    ArrayNode stages = root.putArray("stages");
    stages.add(stage);
    if (whole.book().isPresent() && !Files.exists(whole.book().get().folder())) {
      int samples = Math.max(FEW_TEXTS, steps * whole.stages().getFirst().batch());
      ObjectNode book = (ObjectNode) root.path("book");
      for (String part : List.of("pretrain", "align", "instruct_image", "instruct_text")) {
        book.put(part, Math.min(book.path(part).asInt(), samples));
      }
      book.put("test", 0);
      moved(root, whole.book().get().folder().toString(), folder.resolve("book").toString());
    }
    return Files.writeString(folder.resolve("short.yaml"), YAML.writeValueAsString(root));
  }

  /** All paths below a folder, as those below another. */
  private static void moved(JsonNode node, String from, String to) {
    if (node instanceof ObjectNode object) {
      object
          .properties()
          .forEach(one -> {
            if (one.getValue().isTextual()) {
              one.setValue(moved(one.getValue().asText(), from, to));
            } else {
              moved(one.getValue(), from, to);
            }
          });
    } else if (node instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        if (array.get(i).isTextual()) {
          array.set(i, moved(array.get(i).asText(), from, to));
        } else {
          moved(array.get(i), from, to);
        }
      }
    }
  }

  private static JsonNode moved(String text, String from, String to) {
    boolean below = text.equals(from) || text.startsWith(from + "/");
    return TextNode.valueOf(below ? to + text.substring(from.length()) : text);
  }
}
