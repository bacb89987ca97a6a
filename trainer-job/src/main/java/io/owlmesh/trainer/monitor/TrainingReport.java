// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.monitor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** A page about a training run that needs nothing but itself. */
public final class TrainingReport {
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
    List<StageRow> rows = new ArrayList<>();
    for (StageSummary stage : stages) {
      List<StepReport> steps = TrainingLog.read(stage.log());
      if (!steps.isEmpty()) {
        rows.add(row(stage, steps));
      }
    }
    Files.writeString(
        file, HtmlPage.of("training", Map.of("title", title, "stages", rows, "answers", answers)));
  }

  /**
   * A stage, as the page shows it.
   *
   * @param curves SVG elements
   */
  public record StageRow(String name, List<String> numbers, String leftOut, List<String> curves) {}

  private static StageRow row(StageSummary stage, List<StepReport> steps) {
    double seconds = steps.stream().mapToDouble(StepReport::seconds).sum();
    double waiting = steps.stream().mapToDouble(StepReport::dataSeconds).sum();
    long tokens = steps.stream().mapToLong(StepReport::tokens).sum();
    return new StageRow(
        stage.name(),
        List.of(
            text("%,d", steps.size()),
            text("%,d", tokens),
            text("%.1f", seconds / 60),
            text("%,.0f", tokens / seconds),
            text("%.1f %%", 100 * waiting / seconds),
            text("%.4f", steps.getLast().loss()),
            text("%.2f GiB", stage.peakBytes() / (double) (1 << 30))),
        stage.leftOut().isEmpty() ? "none" : stage.leftOut().toString(),
        List.of(
            curve("loss", steps, StepReport::loss),
            curve("learning rate", steps, StepReport::learningRate),
            curve("gradient norm", steps, StepReport::gradientNorm),
            curve("tokens a second", steps, step -> step.tokens() / step.seconds())));
  }

  private static String text(String format, Object number) {
    return String.format(Locale.ROOT, format, number);
  }

  private static String curve(
      String title, List<StepReport> steps, ToDoubleFunction<StepReport> value) {
    double[] values = steps.stream().mapToDouble(value).toArray();
    return new Curve(title, steps.getFirst().step(), values).svg();
  }
}
