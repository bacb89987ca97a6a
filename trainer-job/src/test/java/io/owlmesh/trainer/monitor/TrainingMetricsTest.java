// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TrainingMetricsTest {
  private static String scrape(TrainingMetrics metrics) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + metrics.port() + "/q/metrics");
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString()).body();
    }
  }

  private static double value(String scraped, String series) {
    return scraped
        .lines()
        .filter(line -> line.startsWith(series + "{") || line.startsWith(series + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
        .sum();
  }

  @Test
  void theLastStepIsToldAndWhatWasDoneIsAddedUp() throws Exception {
    try (TrainingMetrics metrics =
        new TrainingMetrics(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
      metrics.begin("align", 2);
      metrics.step(new StepReport("align", 3, 10, 1.5, 1e-4, 0.7, 100, 2, 0.5, 0));
      metrics.step(new StepReport("align", 4, 10, 1.25, 1e-4, 0.6, 50, 1, 0.25, 0));
      metrics.exchanged(0.125);
      metrics.validated("align", 1.75);
      metrics.leftOut("align", Map.of("too long", 3L));

      String scraped = scrape(metrics);

      assertThat(value(scraped, "owl_train_step")).isEqualTo(4);
      assertThat(value(scraped, "owl_train_stage_steps")).isEqualTo(10);
      assertThat(value(scraped, "owl_train_loss")).isEqualTo(1.25);
      assertThat(value(scraped, "owl_train_validation_loss")).isEqualTo(1.75);
      assertThat(value(scraped, "owl_train_tokens_total")).isEqualTo(150);
      assertThat(value(scraped, "owl_train_step_time_seconds_total")).isEqualTo(3);
      assertThat(value(scraped, "owl_train_data_time_seconds_total")).isEqualTo(0.75);
      assertThat(value(scraped, "owl_train_exchange_share")).isEqualTo(0.125);
      assertThat(value(scraped, "owl_train_resumes_total")).isEqualTo(1);
      assertThat(scraped)
          .contains("owl_train_samples_left_out_total{")
          .contains("reason=\"too long\"", "stage=\"align\"");
    }
  }
}
