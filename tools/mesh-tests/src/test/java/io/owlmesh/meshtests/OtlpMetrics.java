// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceResponse;
import io.opentelemetry.proto.collector.metrics.v1.MetricsServiceGrpc;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.HistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** An OTLP collector that keeps what was exported last of each metric. */
final class OtlpMetrics extends MetricsServiceGrpc.MetricsServiceImplBase implements AutoCloseable {
  private final Map<String, Metric> latest = new ConcurrentHashMap<>();
  private final Server server;

  OtlpMetrics() throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(this)
            .build()
            .start();
  }

  /** What makes services send their metrics here, soon. */
  Map<String, String> settings() {
    return Map.of(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "http://127.0.0.1:" + server.getPort(),
        "OTEL_METRIC_EXPORT_INTERVAL",
        "500");
  }

  @Override
  public void export(
      ExportMetricsServiceRequest request, StreamObserver<ExportMetricsServiceResponse> response) {
    request.getResourceMetricsList().stream()
        .flatMap(resource -> resource.getScopeMetricsList().stream())
        .flatMap(scope -> scope.getMetricsList().stream())
        .forEach(metric -> latest.put(metric.getName(), metric));
    response.onNext(ExportMetricsServiceResponse.getDefaultInstance());
    response.onCompleted();
  }

  private static boolean has(List<KeyValue> attributes, String key, String value) {
    return attributes.stream()
        .anyMatch(one -> one.getKey().equals(key) && one.getValue().getStringValue().equals(value));
  }

  /** What a counter of whole numbers was at last, where an attribute has a value. */
  Optional<Long> count(String name, String attribute, String value) {
    return Optional.ofNullable(latest.get(name)).stream()
        .flatMap(metric -> metric.getSum().getDataPointsList().stream())
        .filter(point -> has(point.getAttributesList(), attribute, value))
        .map(NumberDataPoint::getAsInt)
        .findFirst();
  }

  /** What a histogram was at last. */
  Optional<HistogramDataPoint> histogram(String name, String attribute, String value) {
    return Optional.ofNullable(latest.get(name)).stream()
        .flatMap(metric -> metric.getHistogram().getDataPointsList().stream())
        .filter(point -> has(point.getAttributesList(), attribute, value))
        .findFirst();
  }

  @Override
  public void close() {
    server.shutdownNow();
  }
}
