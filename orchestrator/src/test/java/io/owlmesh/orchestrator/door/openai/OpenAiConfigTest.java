// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.wire.TestConfig;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What holds where nobody sets anything: people rely on it, and the reference says it. */
class OpenAiConfigTest {
  @Test
  void everyKeyKeepsItsDefault() {
    assertThat(TestConfig.defaults(OpenAiConfig.class))
        .containsExactlyInAnyOrderEntriesOf(
            Map.ofEntries(
                Map.entry("image-fetch-timeout", "10S"), Map.entry("image-origins", "none")));
  }
}
