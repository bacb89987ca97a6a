// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import io.owlmesh.client.TimingsLine;
import io.owlmesh.core.Columns;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;

/** A report for people. */
public final class BenchText {
  private final BenchReport report;
  private final List<String> lines = new ArrayList<>();

  private BenchText(BenchReport report) {
    this.report = report;
  }

  public static String of(BenchReport report) {
    BenchText text = new BenchText(report);
    text.write();
    return String.join(System.lineSeparator(), text.lines);
  }

  private void write() {
    lines.add(report.what());
    if (!report.load().samples().isEmpty()) {
      lines.add("");
      times();
      lines.add("");
      rates();
    }
    report.limit().ifPresent(this::limit);
    if (!report.services().isEmpty()) {
      lines.add("");
      services();
    }
    failures();
  }

  private void times() {
    double total = report.of(Quantity.TOTAL).sum();
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("", "MEAN", "P50", "P90", "OF TOTAL"));
    for (Quantity quantity : Quantity.values()) {
      if (!report.tells(quantity)) {
        continue;
      }
      Distribution values = report.of(quantity);
      rows.add(
          List.of(
              quantity.label(),
              time(values.mean()),
              time(values.percentile(0.5)),
              time(values.percentile(0.9)),
              total == 0
                  ? "-"
                  : String.format(Locale.ROOT, "%.1f %%", 100 * values.sum() / total)));
    }
    lines.add(new Columns(rows).toString());
  }

  private void rates() {
    report
        .tokensPerSecond()
        .ifPresent(rate ->
            lines.add(
                String.format(
                    Locale.ROOT,
                    "decode: %.1f tokens/s (p50), %.1f (mean)",
                    rate.percentile(0.5),
                    rate.mean())));
    lines.add(
        String.format(
            Locale.ROOT,
            "throughput: %.1f tokens/s, %.2f answers/s over %.1f s",
            report.throughput(),
            report.load().samples().size() * 1e9 / report.load().elapsed().toNanos(),
            report.load().elapsed().toNanos() / 1e9));
    lines.add(
        String.format(Locale.ROOT, "hops: %.1f %% of the answers' time", 100 * report.hopsShare()));
  }

  private void limit(DecodeLimit limit) {
    String read =
        String.format(Locale.ROOT, "memory bandwidth: %.1f GB/s", limit.bytesPerSecond() / 1e9);
    if (!limit.applies()) {
      lines.add(read);
      return;
    }
    String floor =
        String.format(
            Locale.ROOT,
            "%s; %,.1f MB of weights a token: %.1f tokens/s at best",
            read,
            limit.weightBytes() / 1e6,
            limit.tokensPerSecond());
    lines.add(
        report
            .tokensPerSecond()
            .map(rate ->
                floor
                    + String.format(
                        Locale.ROOT,
                        ", %.0f %% of it reached",
                        100 * rate.percentile(0.5) / limit.tokensPerSecond()))
            .orElse(floor));
  }

  private void services() {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("SERVICE", "READY AFTER", "RSS", "PSS"));
    for (ServiceCost service : report.services()) {
      OptionalLong ready = service.readyMillis();
      rows.add(
          List.of(
              service.name(),
              ready.isPresent()
                  ? String.format(Locale.ROOT, "%.1f s", ready.getAsLong() / 1e3)
                  : "-",
              mebibytes(service.residentMib()),
              mebibytes(service.proportionalMib())));
    }
    lines.add(new Columns(rows).toString());
  }

  private void failures() {
    List<String> failures = report.load().failures();
    if (!failures.isEmpty()) {
      lines.add("");
      lines.add(failures.size() + " request(s) failed, the first with: " + failures.getFirst());
    }
  }

  private static String mebibytes(OptionalLong amount) {
    return amount.isPresent() ? amount.getAsLong() + " MiB" : "-";
  }

  private static String time(double micros) {
    return TimingsLine.time(Math.round(micros));
  }
}
