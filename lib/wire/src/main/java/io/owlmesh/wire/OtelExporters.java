// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdkBuilder;
import io.quarkus.arc.Unremovable;
import io.quarkus.opentelemetry.runtime.AutoConfiguredOpenTelemetrySdkBuilderCustomizer;
import jakarta.inject.Singleton;
import java.util.HashMap;
import java.util.Map;
import org.eclipse.microprofile.config.ConfigProvider;

/**
 * Keeps {@code OTEL_TRACES_EXPORTER=otlp}, and the like, from naming exporters that Quarkus does
 * not know: it has its own for OTLP. {@code none} is heard by {@link OtelVariables}.
 */
@Singleton
@Unremovable
public final class OtelExporters implements AutoConfiguredOpenTelemetrySdkBuilderCustomizer {
  @Override
  public void customize(AutoConfiguredOpenTelemetrySdkBuilder builder) {
    builder.addPropertiesCustomizer(_ -> ofQuarkus());
  }

  private static Map<String, String> ofQuarkus() {
    Map<String, String> exporters = new HashMap<>();
    for (String signal : new String[] {"traces", "metrics", "logs"}) {
      String name = "otel." + signal + ".exporter";
      if (ConfigProvider.getConfig().getOptionalValue(name, String.class).isPresent()) {
        ConfigProvider.getConfig()
            .getOptionalValue("quarkus." + name, String.class)
            .ifPresent(own -> exporters.put(name, own));
      }
    }
    return exporters;
  }
}
