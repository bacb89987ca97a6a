// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.owlmesh.meshtests.Documents.TypedCommand;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The programs under examples/ print what their README.md shows. */
@Timeout(400)
class ExamplesTest {
  private static final String PICTURE = "deploy/pictures/two-things.png";

  private static Processes mesh;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    mesh = NanoOwl.start(folder, Map.of());
  }

  @AfterAll
  static void stop() {
    mesh.close();
  }

  static List<TypedCommand> shown() throws Exception {
    return Documents.commands("examples/README.md");
  }

  @Test
  void everyFolderIsShown() throws Exception {
    try (Stream<Path> folders = Files.list(Processes.ROOT.resolve("examples"))) {
      for (Path folder : folders.filter(Files::isDirectory).toList()) {
        assertThat(shown())
            .as(folder.toString())
            .anyMatch(one -> one.line().contains("examples/" + folder.getFileName() + "/"));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("shown")
  void aProgramPrintsTheAnswers(TypedCommand shown) throws Exception {
    assertThat(run(shown.line())).isEqualTo(shown.output());
  }

  /** A document is no picture: the server's sentence is the program's, and it fails. */
  @ParameterizedTest
  @MethodSource("shown")
  void aRefusalIsToldAndFailsTheProgram(TypedCommand shown) throws Exception {
    String wrong = shown.line().replace(PICTURE, "examples/README.md");

    assertThat(run("! " + wrong + " 2>&1")).contains("is not a picture of an accepted format");
  }

  private static String run(String line) throws Exception {
    assumeThat(line.contains("python3") && !pythonRuns())
        .as("python3 is not on the PATH: its example is not run")
        .isFalse();
    String command = line;
    if (line.contains("examples/javascript")) {
      // Where the client lies that the tests lock and install.
      Path script = Commands.scripts().resolve("example.mjs");
      Files.writeString(script, Documents.text("examples/javascript/ask.mjs"));
      command = line.replace("examples/javascript/ask.mjs", script.toString());
    }
    return Commands.run(
        Processes.ROOT,
        Map.of(
            "OWL_URL", mesh.http("orchestrator"),
            "OWL_ADDRESS", mesh.address("orchestrator").toString()),
        List.of("sh", "-c", command));
  }

  private static boolean pythonRuns() throws Exception {
    return Commands.run(
            Processes.ROOT, Map.of(), List.of("sh", "-c", "python3 -c 'print(1)' || echo none"))
        .strip()
        .equals("1");
  }
}
