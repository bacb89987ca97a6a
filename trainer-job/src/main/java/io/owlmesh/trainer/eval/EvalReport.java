// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.eval;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.core.Columns;
import io.owlmesh.trainer.monitor.HtmlPage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What a measurement gave. */
public record EvalReport(List<Score> scores, List<Answered> answers) {
  public EvalReport {
    scores = List.copyOf(scores);
    answers = List.copyOf(answers);
  }

  /** An answer beside its truth. */
  public record Answered(EvalQuestion question, String answer, boolean right) {}

  /** The share of right answers of a group; empty if there is no such group. */
  public Optional<Score> score(String kind, String name) {
    return scores.stream().filter(s -> s.kind().equals(kind) && s.name().equals(name)).findFirst();
  }

  /** An aligned table for people. */
  public String table() {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("BY", "", " RIGHT", "    OF", "95 %"));
    for (Score score : scores) {
      rows.add(
          List.of(
              score.kind(),
              score.name(),
              String.format(Locale.ROOT, "%5.1f%%", 100 * score.accuracy()),
              String.format(Locale.ROOT, "%6d", score.total()),
              range(score)));
    }
    return new Columns(rows) + System.lineSeparator();
  }

  /** Writes scores and answers. */
  public void writeJson(Path file) throws IOException {
    ObjectMapper json = new ObjectMapper();
    ObjectNode root = json.createObjectNode();
    for (Score score : scores) {
      root.withArray("scores")
          .addObject()
          .put("kind", score.kind())
          .put("name", score.name())
          .put("right", score.right())
          .put("total", score.total())
          .put("accuracy", score.accuracy())
          .put("low", score.low())
          .put("high", score.high());
    }
    for (Answered answer : answers) {
      root.withArray("answers")
          .addObject()
          .put("id", answer.question().id())
          .put("truth", answer.question().truth())
          .put("answer", answer.answer())
          .put("right", answer.right());
    }
    json.writerWithDefaultPrettyPrinter().writeValue(file.toFile(), root);
  }

  /** Writes a page that needs nothing but itself. */
  public void writeHtml(Path file) throws IOException {
    List<ScoreRow> rows = scores.stream().map(ScoreRow::of).toList();
    Files.writeString(
        file, HtmlPage.of("evaluation", Map.of("scores", rows, "answers", shown(answers))));
  }

  /** For a page of others: the table, and the first question of each skill with its answer. */
  public String excerpt() throws IOException {
    Set<String> skills = new HashSet<>();
    List<Answered> first =
        answers.stream()
            .filter(a -> skills.add(a.question().label("skill") + a.question().label("language")))
            .toList();
    return HtmlPage.of("excerpt", Map.of("table", table(), "answers", shown(first)));
  }

  /** A line of the table, as the page shows it. */
  public record ScoreRow(String kind, String name, String percent, int total, String interval) {
    private static ScoreRow of(Score score) {
      return new ScoreRow(
          score.kind(),
          score.name(),
          String.format(Locale.ROOT, "%.1f", 100 * score.accuracy()),
          score.total(),
          range(score));
    }
  }

  private static String range(Score score) {
    return String.format(Locale.ROOT, "%.1f to %.1f", 100 * score.low(), 100 * score.high());
  }

  /**
   * An answer, as the page shows it.
   *
   * @param images files in base 64
   */
  public record ShownAnswer(
      EvalQuestion question, String answer, boolean right, List<String> images) {}

  private static List<ShownAnswer> shown(List<Answered> answers) throws IOException {
    List<ShownAnswer> shown = new ArrayList<>();
    for (Answered answer : answers) {
      List<String> images = new ArrayList<>();
      for (var image : answer.question().images()) {
        images.add(Base64.getEncoder().encodeToString(image.read()));
      }
      shown.add(new ShownAnswer(answer.question(), answer.answer(), answer.right(), images));
    }
    return shown;
  }
}
