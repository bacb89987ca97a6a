// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.owleval;

import io.owlmesh.trainer.monitor.HtmlPage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * A page on which people grade answers without knowing whose they are. It holds the pictures, keeps
 * grades in the browser, and gives them out as a file.
 */
public final class GradingPage {
  private GradingPage() {}

  /**
   * Writes the page.
   *
   * @param folder of OwlEval
   * @param answers a file of each system
   * @param seed decides the order in which answers are shown
   */
  public static void write(Path file, Path folder, List<Path> answers, long seed)
      throws IOException {
    Blind blind = new Blind(answers, seed);
    List<ShownQuestion> shown = new ArrayList<>();
    String image = "";
    for (OwlQuestion question : OwlQuestion.read(folder)) {
      String picture = "";
      if (!question.image().equals(image)) {
        image = question.image();
        byte[] bytes = Files.readAllBytes(OwlEval.image(folder, image));
        picture = Base64.getEncoder().encodeToString(bytes);
      }
      List<String> texts = blind.shown(question.id()).stream().map(OwlAnswer::answer).toList();
      shown.add(new ShownQuestion(question.id(), question.question(), picture, texts));
    }
    Map<String, Object> data = Map.of("seed", seed, "questions", shown, "grades", Tally.GRADES);
    Files.writeString(file, HtmlPage.of("grading", data));
  }

  /**
   * A question, as the page shows it.
   *
   * @param image file in base 64; empty where it is that of the question before
   */
  public record ShownQuestion(int id, String text, String image, List<String> answers) {}
}
