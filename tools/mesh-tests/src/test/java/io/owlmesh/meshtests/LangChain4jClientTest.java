// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static io.owlmesh.meshtests.NanoOwl.ANSWER;
import static io.owlmesh.meshtests.NanoOwl.QUESTION;
import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.model.output.FinishReason;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** LangChain4j, with its defaults, takes a mesh for OpenAI. */
@Timeout(120)
class LangChain4jClientTest {
  private static Processes mesh;
  private static OpenAiChatModel model;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    mesh = NanoOwl.start(folder, Map.of());
    model = OpenAiChatModel.builder().baseUrl(url()).apiKey("none").modelName("owl-nano").build();
  }

  @AfterAll
  static void stop() {
    mesh.close();
  }

  private static String url() {
    return mesh.http("orchestrator") + "/v1";
  }

  private static UserMessage question() throws Exception {
    return UserMessage.from(ImageContent.from(NanoOwl.pictureUrl()), TextContent.from(QUESTION));
  }

  @Test
  void aPictureIsAskedAboutInSeveralTurns() throws Exception {
    List<ChatMessage> turns = new ArrayList<>();
    turns.add(SystemMessage.from("Look well."));
    turns.add(question());
    ChatResponse first = model.chat(turns);
    assertThat(first.aiMessage().text()).isNotBlank();
    assertThat(first.finishReason()).isEqualTo(FinishReason.STOP);
    assertThat(first.tokenUsage().outputTokenCount()).isPositive();

    turns.add(first.aiMessage());
    turns.add(UserMessage.from(QUESTION));
    AiMessage second = model.chat(turns).aiMessage();
    assertThat(second.text()).isNotBlank();
  }

  @Test
  void aStreamIsTheSameAnswer() throws Exception {
    OpenAiStreamingChatModel streaming =
        OpenAiStreamingChatModel.builder()
            .baseUrl(url())
            .apiKey("none")
            .modelName("owl-nano")
            .build();
    List<String> parts = Collections.synchronizedList(new ArrayList<>());
    CompletableFuture<ChatResponse> whole = new CompletableFuture<>();
    streaming.chat(
        List.of(question()),
        new StreamingChatResponseHandler() {
          @Override
          public void onPartialResponse(String part) {
            parts.add(part);
          }

          @Override
          public void onCompleteResponse(ChatResponse response) {
            whole.complete(response);
          }

          @Override
          public void onError(Throwable failure) {
            whole.completeExceptionally(failure);
          }
        });

    assertThat(whole.get(60, TimeUnit.SECONDS).aiMessage().text()).isEqualTo(ANSWER);
    assertThat(String.join("", parts)).isEqualTo(ANSWER);
    assertThat(model.chat(question()).aiMessage().text()).isEqualTo(ANSWER);
  }

  @Test
  void anAnswerHasTheFormThatWasAskedFor() throws Exception {
    JsonObjectSchema seen =
        JsonObjectSchema.builder()
            .addEnumProperty("colour", List.of("red", "blue"))
            .required("colour")
            .build();
    ChatRequest request =
        ChatRequest.builder()
            .messages(question())
            .responseFormat(
                ResponseFormat.builder()
                    .type(ResponseFormatType.JSON)
                    .jsonSchema(JsonSchema.builder().name("seen").rootElement(seen).build())
                    .build())
            .build();

    assertThat(model.chat(request).aiMessage().text()).matches("\\{\"colour\": ?\"(red|blue)\"}");
  }
}
