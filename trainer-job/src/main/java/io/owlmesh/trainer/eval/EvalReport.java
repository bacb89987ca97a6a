// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.eval;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.core.Columns;
import io.owlmesh.trainer.monitor.Html;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
      body{max-width:1100px;margin:2rem auto;padding:0 1rem}
      td,th{padding:.2rem .8rem;border-bottom:1px solid #8886;text-align:left}
      td.n{text-align:right;font-variant-numeric:tabular-nums}
      body.mistakes .right{display:none}
      """;

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
              String.format(Locale.ROOT, "%.1f to %.1f", 100 * score.low(), 100 * score.high())));
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
    StringBuilder html = new StringBuilder(Html.head("Evaluation", STYLE));
    html.append("<table>");
    html.append("<tr><th>by<th><th>right<th>of<th>95 %");
    for (Score score : scores) {
      html.append(
          String.format(
              Locale.ROOT,
              "<tr><td>%s<td>%s<td class=n>%.1f %%<td class=n>%d<td class=n>%.1f to %.1f",
              Html.escaped(score.kind()),
              Html.escaped(score.name()),
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
    StringBuilder html = new StringBuilder("<pre>").append(Html.escaped(table())).append("</pre>");
    Set<String> shown = new HashSet<>();
    for (Answered answer : answers) {
      if (shown.add(answer.question().label("skill") + answer.question().label("language"))) {
        article(answer, html);
      }
    }
    return html.toString();
  }

  private static void article(Answered answer, StringBuilder html) throws IOException {
    EvalQuestion question = answer.question();
    html.append("<article class=").append(answer.right() ? "right" : "wrong").append("><div>");
    for (var image : question.images()) {
      html.append("<img alt='' src='data:;base64,")
          .append(Base64.getEncoder().encodeToString(image.read()))
          .append("'> ");
    }
    html.append("</div><div>").append(Html.escaped(question.id()));
    question.turns().forEach(turn -> html.append("<br>").append(Html.escaped(turn.text())));
    html.append("<br><b>").append(Html.escaped(answer.answer())).append("</b>");
    if (!answer.right()) {
      html.append("<br>truth: ").append(Html.escaped(question.truth()));
    }
    html.append("</div></article>");
  }
}
