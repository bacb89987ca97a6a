// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.grpc.ManagedChannel;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A collector that speaks HTTP, told to services by OpenTelemetry's own variables alone. */
@Timeout(200)
class OtelVariablesTest {
  private final BlockingQueue<String> services = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> keys = new LinkedBlockingQueue<>();
  private HttpServer collector;

  @BeforeEach
  void collect() throws IOException {
    collector = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    collector.createContext("/v1/traces", this::take);
    collector.start();
  }

  @AfterEach
  void stop() {
    collector.stop(0);
  }

  private void take(HttpExchange exchange) throws IOException {
    boolean zipped = "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"));
    InputStream body = exchange.getRequestBody();
    ExportTraceServiceRequest request =
        ExportTraceServiceRequest.parseFrom(zipped ? new GZIPInputStream(body) : body);
    keys.add(String.valueOf(exchange.getRequestHeaders().getFirst("X-Key")));
    for (var spans : request.getResourceSpansList()) {
      spans.getResource().getAttributesList().stream()
          .filter(attribute -> attribute.getKey().equals("service.name"))
          .forEach(attribute -> services.add(attribute.getValue().getStringValue()));
    }
    exchange.sendResponseHeaders(200, -1);
    exchange.close();
  }

  private Map<String, String> settings(String sampler) {
    Map<String, String> settings = new TreeMap<>();
    settings.put(
        "OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:" + collector.getAddress().getPort());
    settings.put("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
    settings.put("OTEL_EXPORTER_OTLP_HEADERS", "x-key=secret");
    settings.put("OTEL_TRACES_EXPORTER", "otlp");
    settings.put("OTEL_SERVICE_NAME", "our-owl");
    settings.put("OTEL_TRACES_SAMPLER", sampler);
    settings.put("OTEL_BSP_SCHEDULE_DELAY", "100");
    settings.put("OWL_LOG_JSON", "true");
    return settings;
  }

  private static String ask(Path folder, Map<String, String> settings) throws Exception {
    try (Processes mesh = Processes.mesh(folder, Processes.TINY_CHECKPOINT, settings).start()) {
      ManagedChannel door = mesh.connect("orchestrator");
      Dialogues.Golden golden = Dialogues.aboutAnImage();
      AnswerCaller caller =
          AnswerCaller.open(door, 60_000, "00-" + "1".repeat(32) + "-" + "2".repeat(16) + "-01");
      caller.send(golden.conversation(), golden.images());
      assertThat(caller.status().isOk()).isTrue();
      assertThat(caller.text()).isEqualTo(golden.answer());
      door.shutdownNow();
      return mesh.logOf("orchestrator");
    }
  }

  @Test
  void spansGoByHttpWithTheHeadersAndTheNameThatWereAskedFor(@TempDir Path folder)
      throws Exception {
    String log = ask(folder, settings("always_on"));

    assertThat(services.poll(20, TimeUnit.SECONDS)).isEqualTo("our-owl");
    assertThat(keys).contains("secret").doesNotContain("null");
    assertThat(log.lines().filter(line -> line.contains("\"mdc\"")))
        .anySatisfy(line -> assertThat(line).startsWith("{").contains("\"message\""));
  }

  @Test
  void whatIsNotSampledIsNotSent(@TempDir Path folder) throws Exception {
    ask(folder, settings("always_off"));

    // The services ended, and sent before what they had.
    assertThat(services).isEmpty();
  }
}
