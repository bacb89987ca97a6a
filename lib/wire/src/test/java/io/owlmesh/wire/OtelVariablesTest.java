// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OtelVariablesTest {
  private static final Map<String, String> APPLICATION =
      Map.of(
          "quarkus.otel.exporter.otlp.protocol", "grpc",
          "quarkus.otel.exporter.otlp.timeout", "10s",
          "quarkus.otel.exporter.otlp.traces.endpoint", "http://here:4317");

  private static String value(Map<String, String> environment, String name) {
    return new SmallRyeConfigBuilder()
        .addDiscoveredInterceptors()
        .withSources(new EnvConfigSource(environment, 300))
        .withSources(new PropertiesConfigSource(APPLICATION, "application", 250))
        .build()
        .getConfigValue("quarkus.otel." + name)
        .getValue();
  }

  @Test
  void aStandardVariableIsHeard() {
    assertThat(
            value(Map.of("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), "exporter.otlp.protocol"))
        .isEqualTo("http/protobuf");
    assertThat(value(Map.of("OTEL_EXPORTER_OTLP_HEADERS", "a=b,c=d"), "exporter.otlp.headers"))
        .isEqualTo("a=b,c=d");
    assertThat(value(Map.of("OTEL_SERVICE_NAME", "mine"), "service.name")).isEqualTo("mine");
  }

  @Test
  void whatIsSaidForAllSignalsHoldsForEach() {
    Map<String, String> all = Map.of("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");

    assertThat(value(all, "exporter.otlp.traces.protocol")).isEqualTo("http/protobuf");
    assertThat(
            value(
                Map.of(
                    "OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf",
                    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc"),
                "exporter.otlp.traces.protocol"))
        .isEqualTo("grpc");
  }

  @Test
  void aBareTimeIsInMilliseconds() {
    assertThat(value(Map.of("OTEL_EXPORTER_OTLP_TIMEOUT", "2500"), "exporter.otlp.timeout"))
        .isEqualTo("2500ms");
    assertThat(value(Map.of(), "exporter.otlp.timeout")).isEqualTo("10s");
  }

  @Test
  void quarkusOwnVariableWins() {
    assertThat(
            value(
                Map.of(
                    "OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf",
                    "QUARKUS_OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
                "exporter.otlp.protocol"))
        .isEqualTo("grpc");
  }

  @Test
  void noneSendsNothingAnywhere() {
    assertThat(value(Map.of("OTEL_TRACES_EXPORTER", "none"), "exporter.otlp.traces.endpoint"))
        .isBlank();
    assertThat(value(Map.of("OTEL_TRACES_EXPORTER", "otlp"), "exporter.otlp.traces.endpoint"))
        .isEqualTo("http://here:4317");
  }

  @Test
  void anEmptyVariableIsNone() {
    assertThat(value(Map.of("OTEL_EXPORTER_OTLP_PROTOCOL", ""), "exporter.otlp.protocol"))
        .isEqualTo("grpc");
  }
}
