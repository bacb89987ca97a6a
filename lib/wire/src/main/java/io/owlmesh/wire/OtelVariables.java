// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

import io.smallrye.config.ConfigSourceInterceptor;
import io.smallrye.config.ConfigSourceInterceptorContext;
import io.smallrye.config.ConfigValue;
import java.io.Serial;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * OpenTelemetry's own variables, such as {@code OTEL_EXPORTER_OTLP_PROTOCOL}, where Quarkus has
 * properties of its own for the same; the latter win where somebody sets them. Found by its name in
 * {@code META-INF/services}.
 */
public final class OtelVariables implements ConfigSourceInterceptor {
  @Serial private static final long serialVersionUID = 1;

  private static final String QUARKUS = "quarkus.";
  private static final String EXPORTER = QUARKUS + "otel.exporter.otlp.";
  private static final Pattern SIGNAL = Pattern.compile("otlp\\.(traces|metrics|logs)\\.");
  private static final String NOWHERE = " ";

  /** What the environment and system properties have; files of the application have less. */
  private static final int SET_BY_SOMEBODY = 300;

  // A bare number is milliseconds there, and seconds in Quarkus.
  private static final Set<String> TIMES = Set.of("timeout", "delay", "interval");

  @Override
  public @Nullable ConfigValue getValue(ConfigSourceInterceptorContext context, String name) {
    ConfigValue value = context.proceed(name);
    if (!name.startsWith(QUARKUS + "otel.")
        || (value != null && value.getConfigSourceOrdinal() >= SET_BY_SOMEBODY)) {
      return value;
    }
    if (isSwitchedOff(context, name)) {
      return ConfigValue.builder().withName(name).withValue(NOWHERE).build();
    }
    ConfigValue standard = standard(context, name);
    if (standard == null || standard.getValue() == null || standard.getValue().isBlank()) {
      return value;
    }
    boolean bare =
        TIMES.contains(name.substring(name.lastIndexOf('.') + 1))
            && standard.getValue().chars().allMatch(Character::isDigit);
    return standard.withName(name).withValue(standard.getValue() + (bare ? "ms" : ""));
  }

  /** That of the signal, else that of all: Quarkus has a default of its own for each signal. */
  private static @Nullable ConfigValue standard(
      ConfigSourceInterceptorContext context, String name) {
    String all = SIGNAL.matcher(name).replaceFirst("otlp.");
    ConfigValue own = context.proceed(name.substring(QUARKUS.length()));
    boolean general = own == null && !name.endsWith(".endpoint");
    return general ? context.proceed(all.substring(QUARKUS.length())) : own;
  }

  /** {@code OTEL_TRACES_EXPORTER=none}, or that of metrics: nothing is sent anywhere. */
  private static boolean isSwitchedOff(ConfigSourceInterceptorContext context, String name) {
    for (String signal : new String[] {"traces", "metrics"}) {
      if (name.equals(EXPORTER + signal + ".endpoint")) {
        ConfigValue exporter = context.proceed("otel." + signal + ".exporter");
        return exporter != null && "none".equals(exporter.getValue());
      }
    }
    return false;
  }
}
