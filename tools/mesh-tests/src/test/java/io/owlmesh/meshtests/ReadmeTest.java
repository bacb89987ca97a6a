// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
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

/** What README.md tells people to type does what it shows. */
@Timeout(400)
class ReadmeTest {
  private static final String SECTION = "## Asking from your own programs\n";
  private static final Pattern BLOCK = Pattern.compile("```(\\w*)\n(.*?)```\n", Pattern.DOTALL);
  private static final Pattern GRPCURL =
      Pattern.compile("grpcurl -plaintext -d '(.*)' (\\S+) (\\S+)\n");
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir static Path folder;
  private static Processes mesh;
  private static List<Snippet> snippets;

  /** Something to run, and what it prints. */
  private record Snippet(String language, String code, String output) {}

  @BeforeAll
  static void start() throws Exception {
    mesh = NanoOwl.start(folder, Map.of());
    String all = Files.readString(Processes.ROOT.resolve("README.md"));
    String section = all.substring(all.indexOf(SECTION) + SECTION.length());
    Matcher blocks = BLOCK.matcher(section.substring(0, section.indexOf("\n## ")));
    snippets = new ArrayList<>();
    while (blocks.find()) {
      String language = blocks.group(1);
      String code = here(blocks.group(2));
      assertThat(blocks.find()).as("each block is followed by what it prints").isTrue();
      assertThat(blocks.group(1)).isEmpty();
      snippets.add(new Snippet(language, code, blocks.group(2)));
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

  private static Snippet snippet(String language, String containing) {
    List<Snippet> found =
        snippets.stream()
            .filter(one -> one.language().equals(language) && one.code().contains(containing))
            .toList();
    assertThat(found).hasSize(1);
    return found.getFirst();
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
        .containsExactlyInAnyOrder("sh", "sh", "java", "js");
  }

  @Test
  void theLineOfCurlIsAnswered() throws Exception {
    Snippet curl = snippet("sh", "curl -s");

    assertThat(lasting(run(Processes.ROOT, "sh", "-c", curl.code())))
        .isEqualTo(lasting(curl.output()));
  }

  /** grpcurl has no package here; where it is not on the PATH, buf makes the same call. */
  @Test
  void theLineOfGrpcurlIsAnswered() throws Exception {
    Snippet grpcurl = snippet("sh", "grpcurl");
    String said =
        isOnPath("grpcurl") ? run(Processes.ROOT, "sh", "-c", grpcurl.code()) : byBuf(grpcurl);

    assertThat(JSON.readTree(said)).isEqualTo(JSON.readTree(grpcurl.output()));
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
    Snippet java = snippet("java", "openai");
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

  @Test
  void theProgramInJavaScriptPrintsTheAnswer() throws Exception {
    Snippet js = snippet("js", "openai");
    Path program = Files.writeString(Commands.scripts().resolve("ask.mjs"), js.code());

    assertThat(run(Processes.ROOT, "node", program.toString())).isEqualTo(js.output());
  }
}
