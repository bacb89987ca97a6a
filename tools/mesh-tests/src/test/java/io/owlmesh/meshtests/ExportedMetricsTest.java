// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.grpc.ManagedChannel;
import io.opentelemetry.proto.metrics.v1.HistogramDataPoint;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a mesh exports by OTLP beside what Prometheus scrapes of it. */
@Timeout(300)
class ExportedMetricsTest {
  private static final String DURATION = "owl_answer_duration_seconds_";
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

  @TempDir private static Path folder;
  private static OtlpMetrics exported;
  private static Processes mesh;
  private static Scrapes scrapes;
  private static ManagedChannel door;

  @BeforeAll
  static void start() throws Exception {
    exported = new OtlpMetrics();
    Map<String, String> settings = new HashMap<>(exported.settings());
    settings.put("OWL_MANAGEMENT", "true");
    mesh = Processes.mesh(folder, Processes.TINY_CHECKPOINT, settings).start();
    scrapes = new Scrapes(mesh);
    door = mesh.connect("orchestrator");
  }

  @AfterAll
  static void stop() {
    door.shutdownNow();
    mesh.close();
    exported.close();
  }

  private static double scraped(String name, String label) throws Exception {
    return scrapes.value("orchestrator", name, label);
  }

  private static long exportedAnswers() {
    return exported
        .histogram("owl.answer.duration", "status", "OK")
        .map(HistogramDataPoint::getCount)
        .orElse(0L);
  }

  @Test
  void whatIsExportedIsWhatIsScraped() throws Exception {
    scrapes.ask(door);
    // Nobody asks any more; an answer is counted a moment after its caller has it.
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (exportedAnswers() < 2
        || exportedAnswers() != scraped(DURATION + "count", "status=\"OK\"")
        || exported.count("owl.answer.tokens", "type", "output").orElse(0L)
            != scraped("owl_answer_tokens_total", "type=\"output\"")) {
      assertThat(System.nanoTime()).as("it is not exported").isLessThan(end);
      TimeUnit.MILLISECONDS.sleep(50);
    }

    HistogramDataPoint point =
        exported.histogram("owl.answer.duration", "status", "OK").orElseThrow();
    assertThat(point.getSum()).isCloseTo(scraped(DURATION + "sum", "status=\"OK\""), within(1e-9));
    long all = 0;
    for (int i = 0; i < point.getExplicitBoundsCount(); i++) {
      all += point.getBucketCounts(i);
      String bound = "le=\"" + point.getExplicitBounds(i) + "\"";
      assertThat(scraped(DURATION + "bucket", bound)).as(bound).isEqualTo((double) all);
    }
  }

  @Test
  void theTraceOfAnAnswerIsFoundAtTheHistogramThatItIsIn() throws Exception {
    String trace = scrapes.ask(door);

    String text =
        scrapes
            .get("orchestrator", "/q/metrics", "application/openmetrics-text; version=1.0.0")
            .body();

    assertThat(text.lines())
        .filteredOn(line -> line.startsWith(DURATION + "bucket"))
        .anyMatch(line -> line.contains("trace_id=\"" + trace + "\""));
  }

  @Test
  void theLanguageModelNamesTheTraceOfAnAnswerToo() throws Exception {
    String trace = scrapes.ask(door);

    String text =
        scrapes.get("llm", "/q/metrics", "application/openmetrics-text; version=1.0.0").body();

    for (String histogram : List.of("time_to_first_token", "request_duration")) {
      assertThat(text.lines())
          .filteredOn(line -> line.startsWith("gen_ai_server_" + histogram + "_seconds_bucket"))
          .anyMatch(line -> line.contains("trace_id=\"" + trace + "\""));
    }
  }
}
