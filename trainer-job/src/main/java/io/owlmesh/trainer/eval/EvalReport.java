// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.eval;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** What a measurement gave. */
public record EvalReport(List<Score> scores, List<Answered> answers) {
  private static final String STYLE =
      """
      :root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}
      body{max-width:1100px;margin:2rem auto;padding:0 1rem}
      table{border-collapse:collapse;margin:1rem 0}
      td,th{padding:.2rem .8rem;border-bottom:1px solid #8886;text-align:left}
      td.n{text-align:right;font-variant-numeric:tabular-nums}
      article{display:flex;gap:1rem;border-top:1px solid #8886;padding:.7rem 0}
      article img{width:96px;height:96px;image-rendering:pixelated}
      .wrong b{color:#c33}.right b{color:#283}
      body.mistakes .right{display:none}
      """;

  public EvalReport {
    scores = List.copyOf(scores);
    answers = List.copyOf(answers);
  }

  /** An answer beside its truth. */
  public record Answered(Question question, String answer, boolean right) {}

  /** The share of right answers of a group; empty if there is no such group. */
  public Optional<Score> score(String kind, String name) {
    return scores.stream().filter(s -> s.kind().equals(kind) && s.name().equals(name)).findFirst();
  }

  /** An aligned table for people. */
  public String table() {
    StringBuilder table = new StringBuilder();
    table.append(String.format("%-14s %-28s %9s %9s   %s%n", "BY", "", "RIGHT", "OF", "95 %"));
    for (Score score : scores) {
      table.append(
          String.format(
              Locale.ROOT,
              "%-14s %-28s %8.1f%% %9d   %.1f to %.1f%n",
              score.kind(),
              score.name(),
              100 * score.accuracy(),
              score.total(),
              100 * score.low(),
              100 * score.high()));
    }
    return table.toString();
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
    StringBuilder html = new StringBuilder();
    html.append("<!doctype html><html lang=en><meta charset=utf-8>");
    html.append("<meta name=viewport content='width=device-width'><title>Evaluation</title>");
    html.append("<style>").append(STYLE).append("</style><body><h1>Evaluation</h1><table>");
    html.append("<tr><th>by<th><th>right<th>of<th>95 %");
    for (Score score : scores) {
      html.append(
          String.format(
              Locale.ROOT,
              "<tr><td>%s<td>%s<td class=n>%.1f %%<td class=n>%d<td class=n>%.1f to %.1f",
              escaped(score.kind()),
              escaped(score.name()),
              100 * score.accuracy(),
              score.total(),
              100 * score.low(),
              100 * score.high()));
    }
    html.append("</table><label><input type=checkbox ");
    html.append("onchange=\"document.body.classList.toggle('mistakes',this.checked)\">");
    html.append(" mistakes only</label>");
    for (Answered answer : answers) {
      article(answer, html);
    }
    Files.writeString(file, html.append("</body></html>"));
  }

  /** For a page of others: the table, and the first question of each skill with its answer. */
  public String excerpt() throws IOException {
    StringBuilder html = new StringBuilder("<pre>").append(escaped(table())).append("</pre>");
    Set<String> shown = new HashSet<>();
    for (Answered answer : answers) {
      if (shown.add(answer.question().label("skill") + answer.question().label("language"))) {
        article(answer, html);
      }
    }
    return html.toString();
  }

  private static void article(Answered answer, StringBuilder html) throws IOException {
    Question question = answer.question();
    html.append("<article class=").append(answer.right() ? "right" : "wrong").append("><div>");
    for (var image : question.images()) {
      html.append("<img alt='' src='data:;base64,")
          .append(Base64.getEncoder().encodeToString(image.read()))
          .append("'> ");
    }
    html.append("</div><div>").append(escaped(question.id()));
    question.turns().forEach(turn -> html.append("<br>").append(escaped(turn.text())));
    html.append("<br><b>").append(escaped(answer.answer())).append("</b>");
    if (!answer.right()) {
      html.append("<br>truth: ").append(escaped(question.truth()));
    }
    html.append("</div></article>");
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("'", "&#39;")
        .replace("\"", "&quot;");
  }
}
