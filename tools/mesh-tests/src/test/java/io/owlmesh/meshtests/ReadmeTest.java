// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.meshtests.Documents.Snippet;
import io.owlmesh.meshtests.Documents.TypedCommand;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What README.md and the quickstart tell people to type does what they show. */
@Timeout(400)
class ReadmeTest {
  private static final String README = "README.md";
  private static final String QUICKSTART = "docs/quickstart.md";
  private static final String ASK = "./owl ask ";
  private static final Pattern SESSION = Pattern.compile("--session [0-9a-f-]{36}");
  private static final Pattern GRPCURL =
      Pattern.compile("grpcurl -plaintext -d '(.*)' (\\S+) (\\S+)\n");
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir static Path folder;
  private static Processes mesh;
  private static List<Snippet> snippets;

  @BeforeAll
  static void start() throws Exception {
    mesh = NanoOwl.start(folder, Map.of());
    snippets = new ArrayList<>();
    for (String document : List.of(README, QUICKSTART)) {
      for (Snippet snippet : Documents.snippets(document)) {
        snippets.add(new Snippet(snippet.language(), here(snippet.code()), snippet.output()));
      }
    }
  }

  @AfterAll
  static void stop() {
    mesh.close();
  }

  /** The mesh of the test has ports of its own. */
  private static String here(String code) {
    return code.replace("http://127.0.0.1:9080", mesh.http("orchestrator"))
        .replace("127.0.0.1:9000", mesh.address("orchestrator").toString());
  }

  private static List<Snippet> snippets(String language, String containing) {
    List<Snippet> found =
        snippets.stream()
            .filter(one -> one.language().equals(language) && one.code().contains(containing))
            .toList();
    assertThat(found).isNotEmpty();
    return found;
  }

  private static String run(Path in, String... command) throws Exception {
    return Commands.run(in, Map.of(), List.of(command));
  }

  /** Without what is another each time. */
  private static JsonNode lasting(String json) throws Exception {
    ObjectNode all = (ObjectNode) JSON.readTree(json);
    all.remove(List.of("id", "created"));
    if (all.path("usage") instanceof ObjectNode usage) {
      usage.remove("prompt_tokens_details");
    }
    return all;
  }

  @Test
  void nothingIsShownThatIsNotRunHere() {
    assertThat(snippets)
        .extracting(Snippet::language)
        .containsExactlyInAnyOrder("sh", "sh", "sh", "java", "js");
  }

  @Test
  void questionsAtThePromptAreAnsweredAsShown() throws Exception {
    List<TypedCommand> asked = new ArrayList<>();
    for (String document : List.of(README, QUICKSTART)) {
      Documents.commands(document).stream()
          .filter(one -> one.line().startsWith(ASK))
          .forEach(asked::add);
    }

    assertThat(asked).hasSizeGreaterThan(2);
    for (TypedCommand one : asked) {
      // A session of the documents is the one before in this mesh.
      String line = one.line();
      if (SESSION.matcher(line).find()) {
        line = SESSION.matcher(line).replaceFirst("--session " + lastSession());
      }
      String answer = one.output().lines().findFirst().orElseThrow() + "\n";
      assertThat(owl("ask", line.substring(ASK.length()))).as(one.line()).isEqualTo(answer);
    }
  }

  private static String lastSession() throws Exception {
    return owl("sessions", "--limit=1").lines().skip(1).findFirst().orElseThrow().split(" ", 2)[0];
  }

  /** The command line, without the script, which would look for changes to build. */
  private static String owl(String command, String arguments) throws Exception {
    return Commands.run(
        Processes.ROOT,
        Map.of(
            "JAVA", Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "CLASSES", System.getProperty("java.class.path")),
        List.of(
            "sh",
            "-c",
            "\"$JAVA\" -Dstdout.encoding=UTF-8 -cp \"$CLASSES\" io.owlmesh.cli.Owl %s --address=%s %s"
                .formatted(command, mesh.address("orchestrator"), arguments)));
  }

  @Test
  void theLinesOfCurlAreAnswered() throws Exception {
    for (Snippet curl : snippets("sh", "curl -s")) {
      assertThat(lasting(run(Processes.ROOT, "sh", "-c", curl.code())))
          .isEqualTo(lasting(curl.output()));
    }
  }

  /** grpcurl has no package here; where it is not on the PATH, buf makes the same call. */
  @Test
  void theLineOfGrpcurlIsAnswered() throws Exception {
    for (Snippet grpcurl : snippets("sh", "grpcurl")) {
      String said =
          isOnPath("grpcurl") ? run(Processes.ROOT, "sh", "-c", grpcurl.code()) : byBuf(grpcurl);

      assertThat(JSON.readTree(said)).isEqualTo(JSON.readTree(grpcurl.output()));
    }
  }

  private static boolean isOnPath(String program) {
    return Stream.of(System.getenv("PATH").split(":", -1))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }

  private static String byBuf(Snippet grpcurl) throws Exception {
    Matcher call = GRPCURL.matcher(grpcurl.code());
    assertThat(call.matches()).isTrue();
    return run(
        folder,
        Processes.ROOT.resolve("proto/target/buf/buf.exe").toString(),
        "curl",
        "--protocol=grpc",
        "--http2-prior-knowledge",
        "--data=" + call.group(1),
        "http://" + call.group(2) + "/" + call.group(3));
  }

  @Test
  void theProgramInJavaPrintsTheAnswer() throws Exception {
    for (Snippet java : snippets("java", "openai")) {
      Path program = Files.writeString(folder.resolve("Ask.java"), java.code());

      assertThat(
              run(
                  Processes.ROOT,
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-cp",
                  System.getProperty("java.class.path"),
                  program.toString()))
          .isEqualTo(java.output());
    }
  }

  @Test
  void theProgramInJavaScriptPrintsTheAnswer() throws Exception {
    for (Snippet js : snippets("js", "openai")) {
      Path program = Files.writeString(Commands.scripts().resolve("ask.mjs"), js.code());

      assertThat(run(Processes.ROOT, "node", program.toString())).isEqualTo(js.output());
    }
  }
}
