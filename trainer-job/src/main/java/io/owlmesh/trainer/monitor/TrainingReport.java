// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.monitor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** A page about a training run that needs nothing but itself. */
public final class TrainingReport {
  private static final String STYLE =
      """
      :root{--line:#2a6fdb}
      body{max-width:1480px;margin:2rem auto;padding:0 1rem}
      td,th{padding:.25rem .9rem;border-bottom:1px solid #8886;text-align:right}
      td:first-child,th:first-child{text-align:left}
      section{display:grid;grid-template-columns:repeat(auto-fit,minmax(330px,1fr));gap:1rem}
      figure{margin:0}figcaption{font-weight:600}
      svg{width:100%;height:auto}svg text{font-size:12px;fill:currentColor;opacity:.75}
      .grid{stroke:currentColor;opacity:.15}polyline{fill:none;stroke:var(--line)}
      .raw{opacity:.3}.smooth{stroke-width:2}pre{overflow:auto}
      """;

  private TrainingReport() {}

  /**
   * A stage that is done.
   *
   * @param log its steps
   * @param peakBytes greatest resident memory; 0 where the system does not tell
   * @param leftOut samples that could not be used, by reason
   */
  public record StageSummary(String name, Path log, long peakBytes, Map<String, Long> leftOut) {}

  /**
   * Writes the page.
   *
   * @param title name of the run
   * @param answers what was measured, as HTML; empty if nothing was
   */
  public static void write(Path file, String title, List<StageSummary> stages, String answers)
      throws IOException {
    StringBuilder html = new StringBuilder(Html.head(title, STYLE));
    html.append("<table><tr><th>stage<th>steps<th>tokens<th>minutes");
    html.append("<th>tokens/s<th>waiting for data<th>last loss<th>peak memory<th>left out");
    StringBuilder curves = new StringBuilder();
    for (StageSummary stage : stages) {
      List<StepReport> steps = TrainingLog.read(stage.log());
      if (!steps.isEmpty()) {
        html.append(row(stage, steps));
        curves.append(curves(stage.name(), steps));
      }
    }
    html.append("</table>").append(curves);
    if (!answers.isEmpty()) {
      html.append("<h2>Answers</h2>").append(answers);
    }
    Files.writeString(file, html);
  }

  private static String row(StageSummary stage, List<StepReport> steps) {
    double seconds = steps.stream().mapToDouble(StepReport::seconds).sum();
    double waiting = steps.stream().mapToDouble(StepReport::dataSeconds).sum();
    long tokens = steps.stream().mapToLong(StepReport::tokens).sum();
    return String.format(
        Locale.ROOT,
        "<tr><td>%s<td>%,d<td>%,d<td>%.1f<td>%,.0f<td>%.1f %%<td>%.4f<td>%.2f GiB<td>%s",
        Html.escaped(stage.name()),
        steps.size(),
        tokens,
        seconds / 60,
        tokens / seconds,
        100 * waiting / seconds,
        steps.getLast().loss(),
        stage.peakBytes() / (double) (1 << 30),
        Html.escaped(stage.leftOut().isEmpty() ? "none" : stage.leftOut().toString()));
  }

  private static String curves(String stage, List<StepReport> steps) {
    return "<h2>"
        + Html.escaped(stage)
        + "</h2><section>"
        + curve("loss", steps, StepReport::loss)
        + curve("learning rate", steps, StepReport::learningRate)
        + curve("gradient norm", steps, StepReport::gradientNorm)
        + curve("tokens a second", steps, step -> step.tokens() / step.seconds())
        + "</section>";
  }

  private static String curve(
      String title, List<StepReport> steps, ToDoubleFunction<StepReport> value) {
    double[] values = steps.stream().mapToDouble(value).toArray();
    return new Curve(title, steps.getFirst().step(), values).svg();
  }
}
