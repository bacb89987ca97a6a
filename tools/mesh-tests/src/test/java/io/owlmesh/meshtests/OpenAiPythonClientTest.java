// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** OpenAI's own client for Python, unchanged, asks a mesh of processes where it is installed. */
@Timeout(200)
class OpenAiPythonClientTest {
  @Test
  void theScriptThatAsksItPasses(@TempDir Path folder) throws Exception {
    assumeTrue(hasClient(), "this machine has no python3 with the package openai");
    try (Processes mesh = NanoOwl.start(folder, Map.of())) {
      String report =
          Commands.run(
              Commands.SCRIPTS,
              Map.of(
                  "OPENAI_BASE_URL",
                  mesh.http("orchestrator") + "/v1",
                  "OPENAI_API_KEY",
                  "none",
                  "OWL_PICTURE",
                  NanoOwl.PICTURE.toString()),
              List.of("python3", "client_test.py"));

      assertThat(report).contains("passed: answer, stream, turns, schema");
    }
  }

  private static boolean hasClient() throws InterruptedException {
    try {
      return new ProcessBuilder("python3", "-c", "import openai").start().waitFor() == 0;
    } catch (IOException noPython) {
      return false;
    }
  }
}
