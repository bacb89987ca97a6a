// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExampleQuestionsTest {
  @TempDir private Path folder;

  private String of(String file) throws IOException {
    Files.writeString(folder.resolve("examples.json"), file);
    return ExampleQuestions.of(folder);
  }

  @Test
  void theExamplesOfACheckpointLieBesideItsWeights() throws IOException {
    assertThat(ExampleQuestions.of(folder)).isEmpty();
    assertThat(of("[ {\"question\": \"Who?\", \"next\": [\"Why?\"]} ]\n"))
        .isEqualTo("[{\"question\":\"Who?\",\"next\":[\"Why?\"]}]");
  }

  @Test
  void aDamagedFileIsAsIfThereWereNone() throws IOException {
    for (String damaged :
        new String[] {
          "", "{}", "[", "[1]", "[{}]", "[{\"question\": 1}]", "[]\n" + " ".repeat(262_144)
        }) {
      assertThat(of(damaged)).as(damaged.strip()).isEmpty();
    }
    Files.delete(folder.resolve("examples.json"));
    Files.createDirectory(folder.resolve("examples.json"));
    assertThat(ExampleQuestions.of(folder)).isEmpty();
  }
}
