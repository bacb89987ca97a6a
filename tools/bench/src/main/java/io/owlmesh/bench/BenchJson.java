// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import java.io.IOException;
import java.time.Instant;
import java.util.Locale;
import java.util.OptionalLong;

/** A report for programs: summaries, and each answer as it was. */
public final class BenchJson {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final BenchReport report;
  private final ObjectNode root = JSON.createObjectNode();

  private BenchJson(BenchReport report) {
    this.report = report;
  }

  public static ObjectNode of(BenchReport report) throws IOException {
    BenchJson json = new BenchJson(report);
    json.fill();
    return json.root;
  }

  private void fill() throws IOException {
    root.put("what", report.what());
    root.put("when", Instant.now().toString());
    root.putObject("machine")
        .put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"))
        .put("cores", Runtime.getRuntime().availableProcessors());
    root.put("concurrency", report.load().concurrency());
    root.put("elapsedMicros", report.load().elapsed().toNanos() / 1000);
    if (!report.load().samples().isEmpty()) {
      summary(root.putObject("summary"));
    }
    report.limit().ifPresent(this::limit);
    services();
    for (RequestSample sample : report.load().samples()) {
      root.withArray("answers").add(answer(sample));
    }
    report.load().failures().forEach(root.withArray("failures")::add);
  }

  private void summary(ObjectNode summary) {
    for (Quantity quantity : Quantity.values()) {
      if (!report.tells(quantity)) {
        continue;
      }
      Distribution values = report.of(quantity);
      summary
          .putObject(quantity.name().toLowerCase(Locale.ROOT) + "_micros")
          .put("mean", values.mean())
          .put("p50", values.percentile(0.5))
          .put("p90", values.percentile(0.9));
    }
    report
        .tokensPerSecond()
        .ifPresent(rate ->
            summary
                .putObject("decode_tokens_per_second")
                .put("mean", rate.mean())
                .put("p50", rate.percentile(0.5)));
    summary.put("throughput_tokens_per_second", report.throughput());
    summary.put("hops_share", report.hopsShare());
  }

  private void limit(DecodeLimit limit) {
    ObjectNode node = root.putObject("memory").put("bytesPerSecond", limit.bytesPerSecond());
    if (limit.applies()) {
      node.put("weightBytes", limit.weightBytes()).put("tokensPerSecond", limit.tokensPerSecond());
    }
  }

  private void services() {
    for (ServiceCost service : report.services()) {
      ObjectNode node = root.withArray("services").addObject().put("name", service.name());
      put(node, "readyMillis", service.readyMillis());
      put(node, "rssMib", service.residentMib());
      put(node, "pssMib", service.proportionalMib());
    }
  }

  private static void put(ObjectNode node, String name, OptionalLong value) {
    value.ifPresent(number -> node.put(name, number));
  }

  private static ObjectNode answer(RequestSample sample) throws IOException {
    try {
      return JSON.createObjectNode()
          .put("wallMicros", sample.wallMicros())
          .put("firstTextMicros", sample.firstTextMicros())
          .set("done", JSON.readTree(JsonFormat.printer().print(sample.done())));
    } catch (InvalidProtocolBufferException impossible) {
      // Only Any fields can fail to print, and this has none.
      throw new IllegalStateException(impossible);
    }
  }
}
