// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.WithDefault;
import io.smallrye.config.common.utils.StringUtil;
import java.lang.reflect.Method;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Configuration interfaces in tests, without Quarkus. */
public final class TestConfig {
  private TestConfig() {}

  /**
   * Settings as a service reads them.
   *
   * @param changed properties that differ from the defaults, for example {@code owl.checkpoint}
   */
  public static <T> T of(Class<T> settings, Map<String, String> changed) {
    return new SmallRyeConfigBuilder()
        .addDefaultInterceptors()
        .addDiscoveredConverters()
        .withSources(new PropertiesConfigSource(changed, "test", 500))
        .withMapping(settings)
        .build()
        .getConfigMapping(settings);
  }

  /** Every key of a configuration interface with its default; {@code none} or {@code required}. */
  public static Map<String, String> defaults(Class<?> settings) {
    Map<String, String> defaults = new TreeMap<>();
    for (Method key : settings.getDeclaredMethods()) {
      WithDefault value = key.getAnnotation(WithDefault.class);
      String without = key.getReturnType() == Optional.class ? "none" : "required";
      defaults.put(StringUtil.skewer(key.getName()), value == null ? without : value.value());
    }
    return defaults;
  }
}
