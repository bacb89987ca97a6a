// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RenamedSettingsTest {
  private static SmallRyeConfig config(Map<String, String> environment) {
    return new SmallRyeConfigBuilder()
        .addDiscoveredInterceptors()
        .withSources(new EnvConfigSource(environment, 300))
        .withDefaultValue("owl.max-sequences", "16")
        .build();
  }

  private static String maxSequences(Map<String, String> environment) {
    return config(environment).getValue("owl.max-sequences", String.class);
  }

  @Test
  void anOldNameStillWorks() {
    assertThat(maxSequences(Map.of("OWL_SEQUENCES", "3"))).isEqualTo("3");
  }

  @Test
  void theNewNameWinsOverTheOldOne() {
    assertThat(maxSequences(Map.of("OWL_SEQUENCES", "3", "OWL_MAX_SEQUENCES", "4"))).isEqualTo("4");
  }

  @Test
  void withoutEitherTheDefaultHolds() {
    assertThat(maxSequences(Map.of())).isEqualTo("16");
  }
}
