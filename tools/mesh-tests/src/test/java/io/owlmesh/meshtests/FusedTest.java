// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.owlmesh.meshtests.Dialogues.Golden;
import io.owlmesh.meshtests.Traces.Exported;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.chat.v1.Conversation;
import io.owlmesh.proto.chat.v1.DescribeRequest;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** All stages in one process, with the tiny model. */
class FusedTest {
  private static Traces traces;
  private static Processes process;
  private static ManagedChannel door;

  @BeforeAll
  static void start(@TempDir Path logs) throws Exception {
    traces = new Traces();
    Map<String, String> settings = new HashMap<>(traces.settings());
    settings.put("OWL_ADAPTERS", Processes.TINY.resolve("adapters").toString());
    settings.put("OWL_DEFAULT_ADAPTER", "peft");
    process = Processes.fused(logs, Processes.TINY_CHECKPOINT, settings).start();
    door = process.connect("fused");
  }

  @AfterAll
  static void stop() throws Exception {
    door.shutdownNow();
    process.close();
    traces.close();
  }

  static List<Golden> dialogues() throws IOException {
    return Dialogues.all();
  }

  @ParameterizedTest
  @MethodSource("dialogues")
  void answersAreThoseOfTheMesh(Golden golden) {
    AnswerCaller caller = AnswerCaller.ask(door, golden);

    assertThat(caller.status().getCode()).isEqualTo(Status.Code.OK);
    assertThat(caller.text()).isEqualTo(golden.answer());
  }

  @Test
  void whoNamesNoAdapterGetsTheDefaultOne() throws Exception {
    Golden golden =
        Dialogues.all().stream()
            .filter(g -> g.conversation().getOptions().getAdapter().equals("peft"))
            .findFirst()
            .orElseThrow();
    Conversation.Builder unnamed = golden.conversation().toBuilder();
    unnamed.getOptionsBuilder().clearAdapter();

    assertThat(AnswerCaller.ask(door, unnamed.build(), golden.images()).text())
        .isEqualTo(golden.answer());
    assertThat(
            ChatGrpc.newBlockingStub(door)
                .describe(DescribeRequest.getDefaultInstance())
                .getDefaultAdapter())
        .isEqualTo("peft");
  }

  @Test
  void thePageAndItsApiAreHereToo() throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      assertThat(get(client, "/").body()).contains("<title>OwlMesh</title>");
      assertThat(get(client, "/api/mesh").body()).contains("\"defaultAdapter\":\"peft\"");
    }
  }

  private static HttpResponse<String> get(HttpClient client, String path) throws Exception {
    HttpResponse<String> response =
        client.send(
            HttpRequest.newBuilder(URI.create(process.http("fused") + path)).build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).as(path).isEqualTo(200);
    return response;
  }

  @Test
  void aRequestIsOneTraceHereToo() throws Exception {
    Golden golden = Dialogues.aboutAnImage();
    String id = "4bf92f3577b34da6a3ce929d0e0e4736";
    AnswerCaller caller = AnswerCaller.open(door, 60_000, "00-" + id + "-00f067aa0ba902b7-01");

    caller.send(golden.conversation(), golden.images());

    assertThat(caller.status().getCode()).isEqualTo(Status.Code.OK);
    Map<String, Exported> spans =
        traces.await(
            id, Set.of("owl.answer", "vision.encode", "abstractor.resample", "llm.generate"));
    assertThat(spans.get("vision.encode")).extracting(s -> s.count("owl.images")).isEqualTo(1L);
    assertThat(spans.get("llm.generate"))
        .extracting(s -> s.count("owl.prompt_tokens"))
        .isEqualTo((long) golden.promptTokens());
  }
}
