// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire.telemetry;

import io.opentelemetry.exporter.prometheus.PrometheusMetricReader;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdkBuilder;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.quarkus.arc.Unremovable;
import io.quarkus.opentelemetry.runtime.AutoConfiguredOpenTelemetrySdkBuilderCustomizer;
import io.quarkus.vertx.http.ManagementInterface;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * What OTLP exports, also for Prometheus to scrape: {@code /q/metrics} at the management port, in
 * the format that {@code Accept} asks for. Beans that are a {@link MultiCollector} add what has no
 * name in OpenTelemetry.
 */
@Singleton
@Unremovable
public final class ScrapedMetrics implements AutoConfiguredOpenTelemetrySdkBuilderCustomizer {
  private final PrometheusMetricReader reader = new PrometheusMetricReader(_ -> false);
  private final ExpositionFormats formats = ExpositionFormats.init();
  private final Instance<MultiCollector> others;

  @Inject
  ScrapedMetrics(@Any Instance<MultiCollector> others) {
    this.others = others;
  }

  @Override
  public void customize(AutoConfiguredOpenTelemetrySdkBuilder builder) {
    builder.addMeterProviderCustomizer((meters, _) -> meters.registerMetricReader(reader));
  }

  void route(@Observes ManagementInterface management) {
    management.router().get("/q/metrics").blockingHandler(this::scrape);
  }

  private MetricSnapshots collect() {
    MetricSnapshots.Builder all = MetricSnapshots.builder();
    reader.collect().forEach(all::metricSnapshot);
    others.stream().forEach(other -> other.collect().forEach(all::metricSnapshot));
    return all.build();
  }

  private void scrape(RoutingContext scraper) {
    ExpositionFormatWriter format = formats.findWriter(scraper.request().getHeader("Accept"));
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    try {
      format.write(text, collect());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    scraper
        .response()
        .putHeader("Content-Type", format.getContentType())
        .end(Buffer.buffer(text.toByteArray()));
  }
}
