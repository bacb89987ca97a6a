// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.text.DialogueText;
import io.owlmesh.orchestrator.door.http.Exchange;
import io.owlmesh.orchestrator.door.http.HttpDoor;
import io.owlmesh.proto.chat.v1.AnswerDone;
import io.owlmesh.proto.llm.v1.FinishReason;
import io.owlmesh.proto.llm.v1.Finished;
import io.owlmesh.proto.llm.v1.Token;
import io.owlmesh.proto.llm.v1.TopToken;
import io.vertx.core.buffer.Buffer;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The objects of completions, whole and in chunks. */
@Timeout(60)
class RepliesTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final CompletionJson OBJECTS = new CompletionJson("id", 7, "owl", "print");
  private static final AnswerDone COUNTS =
      AnswerDone.newBuilder()
          .setPromptTokens(5)
          .setCompletionTokens(3)
          .setCachedPromptTokens(2)
          .build();

  private static HttpDoor door;
  private static volatile Consumer<Exchange> work = _ -> {};

  @BeforeAll
  static void open(@TempDir Path folder) throws Exception {
    door =
        new HttpDoor(folder, Map.of())
            .with(router ->
                router
                    .get("/reply")
                    .handler(routing -> {
                      Exchange exchange = new Exchange(routing, door.mesh.answers);
                      exchange.work(() -> work.accept(exchange));
                    }));
  }

  @AfterAll
  static void close() {
    door.close();
  }

  private static CompletionParams choices(String options) {
    String request =
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]" + options + "}";
    return CompletionRequest.of(Buffer.buffer(request), 1, _ -> DialogueText.TEMPLATE).choices();
  }

  private static HttpResponse<String> whole(CompletionParams choices, Consumer<Completion> mesh)
      throws Exception {
    work =
        exchange ->
            mesh.accept(
                new Completion(new WholeReply(exchange, OBJECTS, choices), choices, List.of()));
    return door.get("/reply");
  }

  private static String streamed(CompletionParams choices, boolean usage, Consumer<Completion> mesh)
      throws Exception {
    work =
        exchange -> {
          StreamedReply reply =
              new StreamedReply(exchange.events(""), OBJECTS, choices.topLogprobs() >= 0, usage);
          mesh.accept(new Completion(reply, choices, List.of()));
        };
    return door.get("/reply").body();
  }

  private static Token token(int choice, int offset, String text, double logprob) {
    return Token.newBuilder()
        .setAnswer(choice)
        .setId(1)
        .setText(text)
        .setTextOffset(offset)
        .setBytes(ByteString.copyFromUtf8(text))
        .setSpelling(text)
        .setLogProbability((float) logprob)
        .addTop(top(text, ByteString.copyFromUtf8(text), (float) logprob))
        .addTop(top("\\xc3", ByteString.fromHex("c3"), Float.NEGATIVE_INFINITY))
        .build();
  }

  private static TopToken top(String spelling, ByteString bytes, float logprob) {
    return TopToken.newBuilder()
        .setSpelling(spelling)
        .setBytes(bytes)
        .setLogProbability(logprob)
        .build();
  }

  private static Finished end(int choice, String rest, FinishReason reason) {
    return Finished.newBuilder().setAnswer(choice).setText(rest).setReason(reason).build();
  }

  private static void tellTwo(Completion mesh) {
    mesh.token(token(0, 0, "Blue", -0.5));
    mesh.token(token(1, 0, "R", -1));
    mesh.token(token(0, 5, "", -0.25));
    mesh.ended(end(0, ".", FinishReason.FINISH_REASON_STOP));
    mesh.token(token(1, 1, "ed", -2));
    mesh.ended(end(1, "", FinishReason.FINISH_REASON_LENGTH));
    mesh.done(COUNTS);
  }

  @Test
  void aWholeCompletionHasAllChoicesAndCounts() throws Exception {
    JsonNode all = JSON.readTree(whole(choices(",\"n\":2"), RepliesTest::tellTwo).body());

    assertThat(all)
        .isEqualTo(
            JSON.readTree(
                """
                {"id":"id","object":"chat.completion","created":7,"model":"owl",
                 "system_fingerprint":"print","choices":[
                   {"index":0,"message":{"role":"assistant","content":"Blue.","refusal":null},
                    "logprobs":null,"finish_reason":"stop"},
                   {"index":1,"message":{"role":"assistant","content":"Red","refusal":null},
                    "logprobs":null,"finish_reason":"length"}],
                 "usage":{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8,
                   "prompt_tokens_details":{"cached_tokens":2}}}
                """));
  }

  @Test
  void probabilitiesAreThoseOfTheTokensOfTheAnswer() throws Exception {
    CompletionParams choices = choices(",\"n\":2,\"logprobs\":true,\"top_logprobs\":2");

    JsonNode all = JSON.readTree(whole(choices, RepliesTest::tellTwo).body()).path("choices");

    // What ended the first answer is none of it; what ended the second is.
    assertThat(all.get(0).path("logprobs"))
        .isEqualTo(
            JSON.readTree(
                """
                {"content":[{"token":"Blue","logprob":-0.5,"bytes":[66,108,117,101],"top_logprobs":[
                   {"token":"Blue","logprob":-0.5,"bytes":[66,108,117,101]},
                   {"token":"\\\\xc3","logprob":-9999.0,"bytes":[195]}]}],
                 "refusal":null}
                """));
    assertThat(all.get(1).path("logprobs").path("content").findValuesAsText("token"))
        .contains("R", "ed");
  }

  @Test
  void tokensOfAStopAloneAreNoneOfTheAnswer() throws Exception {
    CompletionParams choices = choices(",\"logprobs\":true,\"stop\":\"END\"");
    Consumer<Completion> mesh =
        answer -> {
          answer.token(held(0, "", "Blue E"));
          answer.token(held(6, "", "N"));
          answer.token(held(7, "Blue ", "D"));
          answer.ended(end(0, "", FinishReason.FINISH_REASON_STOP));
          answer.done(COUNTS);
        };

    JsonNode choice = JSON.readTree(whole(choices, mesh).body()).path("choices").get(0);

    assertThat(choice.path("message").path("content").asText()).isEqualTo("Blue ");
    assertThat(choice.path("logprobs").findValuesAsText("token")).containsExactly("Blue E");
    assertThat(streamed(choices, false, mesh)).contains("Blue E").doesNotContain("\"N\"", "\"D\"");
  }

  /** A token that a stop holds back, and the text that is certain with it. */
  private static Token held(int offset, String certain, String spelling) {
    return Token.newBuilder()
        .setText(certain)
        .setTextOffset(offset)
        .setSpelling(spelling)
        .setBytes(ByteString.copyFromUtf8(spelling))
        .build();
  }

  @Test
  void aClampedLimitIsSaidInTheUsage() throws Exception {
    Consumer<Completion> mesh =
        answer -> answer.done(COUNTS.toBuilder().setClampedMaxNewTokens(40).build());

    JsonNode usage = JSON.readTree(whole(choices(""), mesh).body()).path("usage");

    assertThat(usage.path("max_completion_tokens").asInt()).isEqualTo(40);
  }

  @Test
  void aStreamTellsRoleTextReasonCountsAndItsEnd() throws Exception {
    String stream =
        streamed(
            choices(""),
            true,
            mesh -> {
              mesh.token(token(0, 0, "Blue", -0.5));
              mesh.token(token(0, 0, "", -0.5));
              mesh.ended(end(0, ".", FinishReason.FINISH_REASON_STOP));
              mesh.done(COUNTS);
            });

    String head =
        "data: {\"id\":\"id\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"owl\","
            + "\"system_fingerprint\":\"print\",\"choices\":[";
    String entry = "{\"index\":0,\"delta\":{%s},\"logprobs\":null,\"finish_reason\":%s}";
    List<String> expected = new ArrayList<>();
    expected.add(entry.formatted("\"role\":\"assistant\",\"content\":\"\"", "null"));
    expected.add(entry.formatted("\"content\":\"Blue\"", "null"));
    expected.add(entry.formatted("\"content\":\".\"", "null"));
    expected.add(entry.formatted("", "\"stop\""));
    StringBuilder all = new StringBuilder();
    expected.forEach(one -> all.append(head).append(one).append("],\"usage\":null}\n\n"));
    all.append(head)
        .append("],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":3,\"total_tokens\":8,")
        .append("\"prompt_tokens_details\":{\"cached_tokens\":2}}}\n\ndata: [DONE]\n\n");
    assertThat(stream).isEqualTo(all.toString());
  }

  @Test
  void aStreamOfTwoChoicesTellsTheProbabilitiesOfEach() throws Exception {
    CompletionParams choices = choices(",\"n\":2,\"logprobs\":true");

    String stream = streamed(choices, false, RepliesTest::tellTwo);

    assertThat(stream).doesNotContain("usage").endsWith("data: [DONE]\n\n");
    assertThat(stream.lines().filter(line -> line.contains("\"role\"")).toList()).hasSize(2);
    assertThat(stream.lines().filter(line -> line.contains("\"token\"")).toList())
        .hasSize(3)
        .allMatch(line -> line.contains("\"content\":["));
  }

  @Test
  void aFailureIsToldInTheRequestsTerms() throws Exception {
    CompletionParams choices = choices(",\"max_tokens\":7");
    OwlException tooLong = OwlException.badInput("options.max_new_tokens", "7, too many");

    HttpResponse<String> refused = whole(choices, mesh -> mesh.fail(tooLong));

    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(refused.body()).contains("\"param\":\"max_tokens\"", "max_tokens: 7, too many");
    assertThat(whole(choices(""), mesh -> mesh.fail(OwlException.badInput("prompt", "x"))).body())
        .contains("\"message\":\"messages: x\"", "\"param\":\"messages\"");
    assertThat(
            streamed(
                choices(""),
                false,
                mesh -> {
                  mesh.token(token(0, 0, "Blue", -1));
                  mesh.fail(new OwlException(Fault.UNAVAILABLE, "", "the llm stage is gone"));
                }))
        .endsWith(
            "data: {\"error\":{\"message\":\"the llm stage is gone\",\"type\":\"server_error\","
                + "\"param\":null,\"code\":\"unavailable\"}}\n\n");
  }
}
