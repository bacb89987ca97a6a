// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

import io.opentelemetry.exporter.prometheus.PrometheusMetricReader;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdkBuilder;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.quarkus.arc.Unremovable;
import io.quarkus.opentelemetry.runtime.AutoConfiguredOpenTelemetrySdkBuilderCustomizer;
import io.quarkus.vertx.http.ManagementInterface;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** What OTLP exports, also for Prometheus to scrape: {@code /q/metrics} at the management port. */
@Singleton
@Unremovable
public final class ScrapedMetrics implements AutoConfiguredOpenTelemetrySdkBuilderCustomizer {
  private final PrometheusMetricReader reader = new PrometheusMetricReader(_ -> true);
  private final ExpositionFormats formats = ExpositionFormats.init();

  @Override
  public void customize(AutoConfiguredOpenTelemetrySdkBuilder builder) {
    builder.addMeterProviderCustomizer((meters, _) -> meters.registerMetricReader(reader));
  }

  void route(@Observes ManagementInterface management) {
    management.router().get("/q/metrics").blockingHandler(this::scrape);
  }

  private void scrape(RoutingContext scraper) {
    ExpositionFormatWriter format = formats.findWriter(scraper.request().getHeader("Accept"));
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    try {
      format.write(text, reader.collect());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    scraper
        .response()
        .putHeader("Content-Type", format.getContentType())
        .end(Buffer.buffer(text.toByteArray()));
  }
}
