// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

import io.smallrye.config.ConfigSourceInterceptor;
import io.smallrye.config.ConfigSourceInterceptorContext;
import io.smallrye.config.ConfigValue;
import java.io.Serial;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Settings that have another name since 0.2: the old one works for one release, with one warning.
 * Found by its name in {@code META-INF/services}.
 */
public final class RenamedSettings implements ConfigSourceInterceptor {
  @Serial private static final long serialVersionUID = 1;

  /** New names and old ones. */
  private static final Map<String, String> OLD =
      Map.of(
          "owl.drain-timeout", "owl.drain",
          "owl.max-sequences", "owl.sequences",
          "owl.max-batched-tokens", "owl.step-positions",
          "owl.health-interval", "owl.watch");

  private static final System.Logger LOG = System.getLogger(RenamedSettings.class.getName());

  private final transient Set<String> warned = ConcurrentHashMap.newKeySet();

  @Override
  public @Nullable ConfigValue getValue(ConfigSourceInterceptorContext context, String name) {
    ConfigValue value = context.proceed(name);
    String old = OLD.get(name);
    if (old == null) {
      return value;
    }
    ConfigValue before = context.proceed(old);
    // A default is a value too, of the least ordinal.
    if (before == null
        || (value != null && value.getConfigSourceOrdinal() >= before.getConfigSourceOrdinal())) {
      return value;
    }
    if (warned.add(name)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "{0} is called {1} now; the old name works until the next release",
          variable(old),
          variable(name));
    }
    return before.withName(name);
  }

  private static String variable(String property) {
    return property.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
  }
}
