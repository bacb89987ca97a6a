// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.orchestrator.session.SessionConfig;
import io.owlmesh.wire.TestConfig;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What holds where nobody sets anything: people rely on it, and the reference says it. */
class OrchestratorConfigTest {
  @Test
  void everyKeyOfTheMeshKeepsItsDefault() {
    assertThat(TestConfig.defaults(OrchestratorConfig.class))
        .containsExactlyInAnyOrderEntriesOf(
            Map.ofEntries(
                Map.entry("abstractor", "127.0.0.1:9002"),
                Map.entry("attempts", "3"),
                Map.entry("deadline", "10M"),
                Map.entry("default-adapter", "none"),
                Map.entry("default-model", "none"),
                Map.entry("dns-interval", "5S"),
                Map.entry("drain-timeout", "30S"),
                Map.entry("first-token-timeout", "3M"),
                Map.entry("health-interval", "1S"),
                Map.entry("image-timeout", "60S"),
                Map.entry("llm", "127.0.0.1:9003"),
                Map.entry("max-answers", "64"),
                Map.entry("max-waiting-answers", "256"),
                Map.entry("placement", "expected-time"),
                Map.entry("slow-start", "10S"),
                Map.entry("max-image-bytes", "20971520"),
                Map.entry("max-images", "16"),
                Map.entry("max-request-bytes", "67108864"),
                Map.entry("models", "none"),
                Map.entry("max-stage-calls", "64"),
                Map.entry("max-tenant-bytes", "68719476736"),
                Map.entry("max-upload-bytes", "201326592"),
                Map.entry("request-patience", "20S"),
                Map.entry("token-timeout", "60S"),
                Map.entry("vision", "127.0.0.1:9001"),
                Map.entry("visual-cache-bytes", "268435456")));
  }

  @Test
  void everyKeyOfTheStorageKeepsItsDefault() {
    assertThat(TestConfig.defaults(SessionConfig.class))
        .containsExactlyInAnyOrderEntriesOf(
            Map.ofEntries(
                Map.entry("data", "data"),
                Map.entry("database", "none"),
                Map.entry("database-password", "none"),
                Map.entry("database-user", "none"),
                Map.entry("images", "none"),
                Map.entry("lease", "5S"),
                Map.entry("max-archive-bytes", "68719476736"),
                Map.entry("retention", "none"),
                Map.entry("s3-endpoint", "none"),
                Map.entry("s3-region", "us-east-1")));
  }
}
