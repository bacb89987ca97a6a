// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.abstractor;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.wire.TestConfig;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What holds where nobody sets anything: people rely on it, and the reference says it. */
class AbstractorConfigTest {
  @Test
  void everyKeyKeepsItsDefault() {
    assertThat(TestConfig.defaults(AbstractorConfig.class))
        .containsExactlyInAnyOrderEntriesOf(
            Map.ofEntries(
                Map.entry("checkpoint", "required"),
                Map.entry("device", "cpu"),
                Map.entry("dtype", "auto"),
                Map.entry("max-batch", "8"),
                Map.entry("queue", "64"),
                Map.entry("threads", "0"),
                Map.entry("window", "16")));
  }
}
