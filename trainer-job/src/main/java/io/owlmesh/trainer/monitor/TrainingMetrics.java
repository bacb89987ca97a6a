// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.monitor;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleCounter;
import io.opentelemetry.api.metrics.DoubleGauge;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.LongGauge;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.exporter.prometheus.PrometheusMetricReader;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.util.Map;

/**
 * Tells Prometheus how training goes: at {@code /q/metrics}, as the services do. Counters count
 * from the start of this process.
 */
public final class TrainingMetrics implements AutoCloseable {
  private static final String PATH = "/q/metrics";
  private static final AttributeKey<String> STAGE = AttributeKey.stringKey("stage");
  private static final AttributeKey<String> REASON = AttributeKey.stringKey("reason");

  private final PrometheusMetricReader reader = new PrometheusMetricReader(_ -> false);
  private final ExpositionFormats formats = ExpositionFormats.init();
  private final SdkMeterProvider meters =
      SdkMeterProvider.builder().registerMetricReader(reader).build();
  private final Meter meter = meters.get("io.owlmesh.trainer");
  private final HttpServer server;

  private final LongGauge step = whole("step", "The last step of a stage");
  private final LongGauge steps = whole("stage.steps", "Steps that a stage has");
  private final DoubleGauge loss =
      value("loss", "Mean of -log p over the targets of the last step");
  private final DoubleGauge validation = value("validation.loss", "The same of data held back");
  private final DoubleGauge rate = value("learning_rate", "Learning rate of the last step");
  private final DoubleGauge norm = value("gradient_norm", "Before clipping, of the last step");
  private final DoubleGauge exchange =
      value("exchange.share", "Of the last step's time, what workers spent on exchanging");
  private final LongCounter done = count("steps", "Steps computed");
  private final LongCounter tokens = count("tokens", "Tokens of samples, without padding");
  private final LongCounter resumes = count("resumes", "Stages that went on from a saved state");
  private final LongCounter leftOut = count("samples.left_out", "Samples that could not be used");
  private final DoubleCounter time = time("step.time", "Time of all steps");
  private final DoubleCounter data = time("data.time", "Of that, waiting for data");

  /**
   * Serves from now on.
   *
   * @param address to listen on; port 0 for any
   * @throws IOException if that is not possible
   */
  public TrainingMetrics(InetSocketAddress address) throws IOException {
    server = HttpServer.create(address, 0);
    server.createContext(PATH, this::scrape);
    server.start();
  }

  private LongGauge whole(String name, String description) {
    return meter.gaugeBuilder("owl.train." + name).ofLongs().setDescription(description).build();
  }

  private DoubleGauge value(String name, String description) {
    return meter.gaugeBuilder("owl.train." + name).setDescription(description).build();
  }

  private LongCounter count(String name, String description) {
    return meter.counterBuilder("owl.train." + name).setDescription(description).build();
  }

  private DoubleCounter time(String name, String description) {
    return meter
        .counterBuilder("owl.train." + name)
        .ofDoubles()
        .setUnit("s")
        .setDescription(description)
        .build();
  }

  /** Where it listens. */
  public int port() {
    return server.getAddress().getPort();
  }

  private static Attributes of(String stage) {
    return Attributes.of(STAGE, stage);
  }

  /** A stage begins after a step; 0 if it begins anew. */
  public void begin(String stage, long after) {
    resumes.add(after > 0 ? 1 : 0, of(stage));
  }

  /** A step is done. */
  public void step(StepReport report) {
    Attributes stage = of(report.stage());
    step.set(report.step(), stage);
    steps.set(report.steps(), stage);
    loss.set(report.loss(), stage);
    rate.set(report.learningRate(), stage);
    norm.set(report.gradientNorm(), stage);
    done.add(1, stage);
    tokens.add(report.tokens(), stage);
    time.add(report.seconds(), stage);
    data.add(report.dataSeconds(), stage);
  }

  /** Of the time of a step, the share that workers exchanged what they learnt. */
  public void exchanged(double share) {
    exchange.set(share);
  }

  public void validated(String stage, double value) {
    validation.set(value, of(stage));
  }

  /** Samples of a stage that could not be used, by reason. */
  public void leftOut(String stage, Map<String, Long> samples) {
    samples.forEach(
        (reason, count) -> leftOut.add(count, Attributes.of(STAGE, stage, REASON, reason)));
  }

  private void scrape(HttpExchange scraper) throws IOException {
    ExpositionFormatWriter format =
        formats.findWriter(scraper.getRequestHeaders().getFirst("Accept"));
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    format.write(text, reader.collect());
    scraper.getResponseHeaders().set("Content-Type", format.getContentType());
    scraper.sendResponseHeaders(200, text.size());
    try (OutputStream out = scraper.getResponseBody()) {
      text.writeTo(out);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    meters.close();
  }
}
