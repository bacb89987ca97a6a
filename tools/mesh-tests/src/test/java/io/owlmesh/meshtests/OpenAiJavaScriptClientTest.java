// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** OpenAI's own client for JavaScript, unchanged, asks a mesh of processes. */
@Timeout(400)
class OpenAiJavaScriptClientTest {
  @Test
  void theScriptThatAsksItPasses(@TempDir Path folder) throws Exception {
    Path scripts = Commands.scripts();
    try (Processes mesh = NanoOwl.start(folder, Map.of())) {
      String report =
          Commands.run(
              scripts,
              Map.of(
                  "OWL_URL", mesh.http("orchestrator"),
                  "OWL_PICTURE", NanoOwl.PICTURE.toString()),
              List.of("node", "--test", "--test-reporter=tap", "client.test.js"));

      assertThat(report).contains("# fail 0", "# skipped 0").doesNotContain("# pass 0");
    }
  }
}
