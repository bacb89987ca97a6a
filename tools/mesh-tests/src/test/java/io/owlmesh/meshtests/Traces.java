// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.fail;

import com.google.protobuf.ByteString;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.collector.trace.v1.TraceServiceGrpc;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** An OTLP collector that keeps what services export. */
final class Traces extends TraceServiceGrpc.TraceServiceImplBase implements AutoCloseable {
  private final List<Exported> spans = new CopyOnWriteArrayList<>();
  private final Server server;

  /**
   * A span and who sent it.
   *
   * @param service its {@code service.name}
   */
  record Exported(String service, Span span) {
    long count(String attribute) {
      return span.getAttributesList().stream()
          .filter(a -> a.getKey().equals(attribute))
          .mapToLong(a -> a.getValue().getIntValue())
          .findFirst()
          .orElse(-1);
    }
  }

  /** Names of events on all spans of a trace. */
  Set<String> events(String traceId) {
    ByteString id = ByteString.copyFrom(HexFormat.of().parseHex(traceId));
    return spans.stream()
        .filter(one -> one.span.getTraceId().equals(id))
        .flatMap(one -> one.span.getEventsList().stream())
        .map(Span.Event::getName)
        .collect(Collectors.toSet());
  }

  Traces() throws IOException {
    server = NettyServerBuilder.forPort(0).addService(this).build().start();
  }

  /** What makes services send their spans here, soon. */
  Map<String, String> settings() {
    return Map.of(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "http://127.0.0.1:" + server.getPort(),
        "QUARKUS_OTEL_BSP_SCHEDULE_DELAY",
        "100ms",
        // Each answer is to pass every stage, also about a picture that another test asked about.
        "OWL_VISUAL_CACHE_BYTES",
        "0");
  }

  @Override
  public void export(
      ExportTraceServiceRequest request, StreamObserver<ExportTraceServiceResponse> response) {
    for (var resource : request.getResourceSpansList()) {
      String service =
          resource.getResource().getAttributesList().stream()
              .filter(a -> a.getKey().equals("service.name"))
              .map(a -> a.getValue().getStringValue())
              .findFirst()
              .orElse("");
      for (var scope : resource.getScopeSpansList()) {
        scope.getSpansList().forEach(span -> spans.add(new Exported(service, span)));
      }
    }
    response.onNext(ExportTraceServiceResponse.getDefaultInstance());
    response.onCompleted();
  }

  /** The spans of one trace by name, once those wanted have arrived. */
  Map<String, Exported> await(String traceId, Set<String> wanted) throws InterruptedException {
    ByteString id = ByteString.copyFrom(HexFormat.of().parseHex(traceId));
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (true) {
      Map<String, Exported> found =
          spans.stream()
              .filter(s -> s.span.getTraceId().equals(id))
              .collect(Collectors.toMap(s -> s.span.getName(), s -> s, (a, _) -> a));
      if (found.keySet().containsAll(wanted)) {
        return found;
      }
      if (System.nanoTime() > end) {
        fail("of trace %s only %s arrived", traceId, found.keySet());
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  @Override
  public void close() {
    server.shutdownNow();
  }
}
