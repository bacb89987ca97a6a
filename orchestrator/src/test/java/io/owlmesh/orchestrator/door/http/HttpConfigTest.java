// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.wire.TestConfig;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What holds where nobody sets anything: people rely on it, and the reference says it. */
class HttpConfigTest {
  @Test
  void everyKeyKeepsItsDefault() {
    assertThat(TestConfig.defaults(HttpConfig.class))
        .containsExactlyInAnyOrderEntriesOf(
            Map.ofEntries(
                Map.entry("host", "127.0.0.1"),
                Map.entry("http-hosts", "none"),
                Map.entry("http-origins", "none"),
                Map.entry("http-proxies", "none")));
  }
}
