// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.wire.TestConfig;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What holds where nobody sets anything: people rely on it, and the reference says it. */
class LlmConfigTest {
  @Test
  void everyKeyKeepsItsDefault() {
    assertThat(TestConfig.defaults(LlmConfig.class))
        .containsExactlyInAnyOrderEntriesOf(
            Map.ofEntries(
                Map.entry("adapter-bytes", "4294967296"),
                Map.entry("adapters", "none"),
                Map.entry("cache-bytes", "2147483648"),
                Map.entry("checkpoint", "required"),
                Map.entry("decode-slowdown", "2"),
                Map.entry("device", "cpu"),
                Map.entry("dtype", "auto"),
                Map.entry("held-image-bytes", "134217728"),
                Map.entry("max-batched-tokens", "256"),
                Map.entry("max-new-tokens", "256"),
                Map.entry("max-sequences", "16"),
                Map.entry("merged-adapter", "none"),
                Map.entry("num-speculative-tokens", "0"),
                Map.entry("quantize", "none"),
                Map.entry("queue", "64"),
                Map.entry("slow-reader", "30S"),
                Map.entry("threads", "0")));
  }
}
