// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.chat;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status.StatusCode;
import io.owlmesh.client.Trace;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The root of a trace as a collector gets it. */
class RootSpanTest {
  private final List<ExportTraceServiceRequest> requests = new CopyOnWriteArrayList<>();
  private HttpServer collector;

  @BeforeEach
  void listen() throws IOException {
    collector = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    collector.createContext(
        "/v1/traces",
        exchange -> {
          requests.add(ExportTraceServiceRequest.parseFrom(exchange.getRequestBody()));
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    collector.start();
  }

  @AfterEach
  void stop() {
    collector.stop(0);
  }

  private Map<String, String> environment() {
    return Map.of(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "http://127.0.0.1:" + collector.getAddress().getPort(),
        "OTEL_EXPORTER_OTLP_PROTOCOL",
        "http/protobuf");
  }

  private Span span() {
    return requests.getFirst().getResourceSpans(0).getScopeSpans(0).getSpans(0);
  }

  @Test
  void theRootHasTheIdsThatTheServicesHearAndNoParent() {
    Trace trace = Trace.begin();

    RootSpan.begin(trace, "owl ask", environment()).close();

    assertThat(HexFormat.of().formatHex(span().getTraceId().toByteArray())).isEqualTo(trace.id());
    assertThat(HexFormat.of().formatHex(span().getSpanId().toByteArray())).isEqualTo(trace.span());
    assertThat(span().getParentSpanId()).isEqualTo(com.google.protobuf.ByteString.EMPTY);
    assertThat(span().getName()).isEqualTo("owl ask");
  }

  @Test
  void aQuestionThatFailedIsAnError() {
    try (RootSpan root = RootSpan.begin(Trace.begin(), "owl ask", environment())) {
      root.fail(new IllegalStateException("no answer"));
    }

    assertThat(span().getStatus().getCode()).isEqualTo(StatusCode.STATUS_CODE_ERROR);
  }

  @Test
  void withoutACollectorNothingIsSent() {
    RootSpan.begin(Trace.begin(), "owl ask", Map.of("OTEL_SERVICE_NAME", "mine")).close();

    assertThat(requests).isEmpty();
  }
}
