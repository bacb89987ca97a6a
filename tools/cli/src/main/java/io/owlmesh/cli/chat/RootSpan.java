// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.chat;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.trace.IdGenerator;
import io.owlmesh.client.Trace;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The span of what a person waited for, the root of the request's trace. It is exported where the
 * environment names a collector (OTEL_EXPORTER_OTLP_ENDPOINT and the other variables of
 * OpenTelemetry's SDK); elsewhere nothing of the SDK is loaded.
 */
final class RootSpan implements AutoCloseable {
  private static final long FLUSH_SECONDS = 2;
  private static final List<String> ENDPOINTS =
      List.of("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");

  private final @Nullable Recording recording;

  private record Recording(OpenTelemetrySdk sdk, Span span) {}

  private RootSpan(@Nullable Recording recording) {
    this.recording = recording;
  }

  /**
   * Begins the span.
   *
   * @param trace whose ids the span has
   * @param name of the command
   * @param environment variables that say where it goes
   */
  static RootSpan begin(Trace trace, String name, Map<String, String> environment) {
    boolean exports = ENDPOINTS.stream().anyMatch(e -> !environment.getOrDefault(e, "").isBlank());
    return new RootSpan(exports ? record(trace, name, environment) : null);
  }

  private static Recording record(Trace trace, String name, Map<String, String> environment) {
    OpenTelemetrySdk sdk =
        AutoConfiguredOpenTelemetrySdk.builder()
            .disableShutdownHook()
            .addPropertiesSupplier(() -> properties(environment))
            .addTracerProviderCustomizer((provider, _) -> provider.setIdGenerator(ids(trace)))
            .build()
            .getOpenTelemetrySdk();
    Span span =
        sdk.getTracer("io.owlmesh.cli")
            .spanBuilder(name)
            .setParent(Context.root())
            .setSpanKind(SpanKind.CLIENT)
            .startSpan();
    return new Recording(sdk, span);
  }

  private static Map<String, String> properties(Map<String, String> environment) {
    Map<String, String> properties = new HashMap<>();
    properties.put("otel.service.name", "owl");
    environment.forEach((name, value) -> {
      if (name.startsWith("OTEL_")) {
        properties.put(name.toLowerCase(Locale.ROOT).replace('_', '.'), value);
      }
    });
    properties.put("otel.metrics.exporter", "none");
    properties.put("otel.logs.exporter", "none");
    return properties;
  }

  private static IdGenerator ids(Trace trace) {
    return new IdGenerator() {
      @Override
      public String generateTraceId() {
        return trace.id();
      }

      @Override
      public String generateSpanId() {
        return trace.span();
      }
    };
  }

  /** Says that the request failed. */
  void fail(Throwable why) {
    if (recording != null) {
      recording.span.setStatus(StatusCode.ERROR, String.valueOf(why.getMessage()));
    }
  }

  /** Ends the span and sends it, within two seconds; a collector that is away fails no command. */
  @Override
  public void close() {
    if (recording != null) {
      recording.span.end();
      recording.sdk.getSdkTracerProvider().forceFlush().join(FLUSH_SECONDS, TimeUnit.SECONDS);
      recording.sdk.shutdown().join(FLUSH_SECONDS, TimeUnit.SECONDS);
    }
  }
}
