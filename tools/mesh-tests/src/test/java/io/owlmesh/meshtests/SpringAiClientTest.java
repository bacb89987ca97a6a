// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static io.owlmesh.meshtests.NanoOwl.ANSWER;
import static io.owlmesh.meshtests.NanoOwl.QUESTION;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.content.Media;
import org.springframework.ai.converter.BeanOutputConverter;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiChatOptions;
import org.springframework.ai.openai.api.OpenAiApi;
import org.springframework.ai.openai.api.ResponseFormat;
import org.springframework.core.io.FileSystemResource;
import org.springframework.util.MimeTypeUtils;

/** Spring AI, with its defaults, takes a mesh for OpenAI. */
@Timeout(120)
class SpringAiClientTest {
  private static Processes mesh;
  private static OpenAiChatModel model;

  /** What an answer is to look like, from which the client makes a schema. */
  record Seen(Colour colour) {
    /** Of which one is seen. */
    enum Colour {
      RED,
      BLUE
    }
  }

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    mesh = NanoOwl.start(folder, Map.of());
    model =
        OpenAiChatModel.builder()
            .openAiApi(
                OpenAiApi.builder().baseUrl(mesh.http("orchestrator")).apiKey("none").build())
            .defaultOptions(OpenAiChatOptions.builder().model("owl-nano").build())
            .build();
  }

  @AfterAll
  static void stop() {
    mesh.close();
  }

  private static UserMessage question() {
    return UserMessage.builder()
        .text(QUESTION)
        .media(new Media(MimeTypeUtils.IMAGE_PNG, new FileSystemResource(NanoOwl.PICTURE)))
        .build();
  }

  private static AssistantMessage answer(ChatResponse response) {
    return response.getResult().getOutput();
  }

  @Test
  void aPictureIsAskedAboutInSeveralTurns() {
    AssistantMessage first =
        answer(model.call(new Prompt(new SystemMessage("Look well."), question())));
    assertThat(first.getText()).isNotBlank();

    ChatResponse second = model.call(new Prompt(question(), first, new UserMessage(QUESTION)));

    assertThat(answer(second).getText()).isNotBlank();
    assertThat(second.getResult().getMetadata().getFinishReason()).isEqualTo("STOP");
    assertThat(second.getMetadata().getUsage().getCompletionTokens()).isPositive();
  }

  @Test
  void aStreamIsTheSameAnswer() {
    assertThat(answer(model.call(new Prompt(question()))).getText()).isEqualTo(ANSWER);

    List<ChatResponse> parts =
        Objects.requireNonNull(model.stream(new Prompt(question())).collectList().block());

    assertThat(
            parts.stream()
                .filter(part -> part.getResult() != null)
                .map(part -> Objects.requireNonNullElse(answer(part).getText(), ""))
                .collect(Collectors.joining()))
        .isEqualTo(ANSWER);
    assertThat(parts).hasSizeGreaterThan(1);
  }

  @Test
  void anAnswerHasTheFormThatWasAskedFor() {
    BeanOutputConverter<Seen> form = new BeanOutputConverter<>(Seen.class);
    OpenAiChatOptions options =
        OpenAiChatOptions.builder()
            .responseFormat(
                ResponseFormat.builder()
                    .type(ResponseFormat.Type.JSON_SCHEMA)
                    .jsonSchema(form.getJsonSchema())
                    .build())
            .build();

    String text = answer(model.call(new Prompt(List.of(question()), options))).getText();

    assertThat(Objects.requireNonNull(form.convert(Objects.requireNonNull(text))).colour())
        .isIn(Seen.Colour.RED, Seen.Colour.BLUE);
  }
}
