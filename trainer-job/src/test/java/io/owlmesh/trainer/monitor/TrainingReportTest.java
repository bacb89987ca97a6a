// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.trainer.monitor.TrainingReport.StageSummary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingReportTest {
  @TempDir private Path folder;

  private String page(String title, Map<String, Long> leftOut, String answers) throws IOException {
    Path steps = folder.resolve("log.jsonl");
    try (TrainingLog log = TrainingLog.openAt(steps, 0)) {
      for (int i = 1; i <= 30; i++) {
        log.append(new StepReport("align", i, 30, 2.0 / i, 1e-3, 0.5, 1000, 0.5, 0.01, 0));
      }
    }
    Path page = folder.resolve("report.html");
    StageSummary stage = new StageSummary("align <1>", steps, 3L << 30, leftOut);
    TrainingReport.write(page, title, List.of(stage), answers);
    return Files.readString(page);
  }

  @Test
  void theTableHoldsWhatTheStepsAddUpTo() throws IOException {
    assertThat(page("run", Map.of("too long", 2L), ""))
        .contains("<td class=n>30<td class=n>30,000<td class=n>0.3<td class=n>2,000")
        .contains("<td class=n>2.0 %<td class=n>0.0667<td class=n>3.00 GiB<td>{too long=2}")
        .doesNotContain("Answers");
  }

  @Test
  void namesAreEscapedButCurvesAndAnswersAreElements() throws IOException {
    assertThat(page("a</title><script>", Map.of(), "<pre>scores</pre>"))
        .contains("<title>a&lt;/title&gt;&lt;script&gt;</title>", "<h2>align &lt;1&gt;</h2>")
        .contains("<svg viewBox='0 0 720 220' role=img>", "<pre>scores</pre>", "<td>none")
        .contains(":root{--line:#2a6fdb}");
  }
}
