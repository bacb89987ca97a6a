// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.owleval;

import io.owlmesh.model.text.ChatTemplate.Role;
import io.owlmesh.model.text.ChatTemplate.Turn;
import io.owlmesh.trainer.data.TrainingSample;
import io.owlmesh.trainer.eval.Answerer;
import io.owlmesh.trainer.eval.EvalQuestion;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;

/** Asks OwlEval's questions. */
public final class OwlEval {
  private OwlEval() {}

  /**
   * Asks all questions and writes the answers, one a line, as they come. Questions of one image
   * that belong to a conversation are asked in their order, with the replies that were given as
   * history.
   *
   * @param folder questions.jsonl, and the images in it or in its folder {@code cases} or {@code
   *     images}
   * @param model what the answers are said to be of
   * @param progress told how many are answered
   * @throws IOException if an image cannot be read or the file not written
   */
  public static void answer(
      Answerer answerer, Path folder, Path out, String model, IntConsumer progress)
      throws IOException {
    Map<String, List<Turn>> conversations = new HashMap<>();
    int done = 0;
    try (BufferedWriter writer = Files.newBufferedWriter(out)) {
      for (OwlQuestion question : OwlQuestion.read(folder)) {
        List<Turn> history =
            question.isMulti()
                ? conversations.computeIfAbsent(question.image(), _ -> new ArrayList<>())
                : new ArrayList<>();
        history.add(new Turn(Role.HUMAN, question.question(), history.isEmpty() ? 1 : 0));
        Photo photo = new Photo(question.image(), image(folder, question.image()));
        String answer =
            answerer
                .answer(
                    new EvalQuestion(
                        String.valueOf(question.id()),
                        List.copyOf(history),
                        List.of(photo),
                        "",
                        Map.of()))
                .strip();
        history.add(new Turn(Role.AI, answer, 0));
        writer.write(
            new OwlAnswer(question.image(), question.id(), question.question(), answer, model)
                .line());
        writer.newLine();
        writer.flush();
        progress.accept(++done);
      }
    }
  }

  /** Where an image lies. */
  static Path image(Path folder, String name) {
    for (String place : List.of("cases", "images", ".")) {
      Path file = folder.resolve(place).resolve(name);
      if (Files.isRegularFile(file)) {
        return file;
      }
    }
    return folder.resolve(name);
  }

  private record Photo(String name, Path file) implements TrainingSample.Image {
    @Override
    public byte[] read() throws IOException {
      return Files.readAllBytes(file);
    }
  }
}
