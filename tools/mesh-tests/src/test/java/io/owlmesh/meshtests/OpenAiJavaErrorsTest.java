// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static io.owlmesh.meshtests.JavaQuestions.about;
import static io.owlmesh.meshtests.JavaQuestions.answer;
import static io.owlmesh.meshtests.JavaQuestions.file;
import static io.owlmesh.meshtests.JavaQuestions.image;
import static io.owlmesh.meshtests.NanoOwl.ANSWER;
import static io.owlmesh.meshtests.NanoOwl.QUESTION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.openai.client.OpenAIClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.errors.OpenAIServiceException;
import com.openai.errors.RateLimitException;
import com.openai.errors.UnexpectedStatusCodeException;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.files.FileCreateParams;
import com.openai.models.files.FilePurpose;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a mesh refuses arrives as the exceptions of OpenAI's own client for Java. */
@Timeout(120)
class OpenAiJavaErrorsTest {
  private static Processes mesh;
  private static OpenAIClient client;
  private static String picture;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    mesh =
        NanoOwl.start(
            folder,
            Map.of(
                "OWL_MAX_ANSWERS", "1",
                "OWL_MAX_WAITING_ANSWERS", "0",
                "OWL_MAX_IMAGES", "2",
                "OWL_MAX_REQUEST_BYTES", "1000000"));
    client = JavaQuestions.client(mesh);
    picture = NanoOwl.pictureUrl();
  }

  @AfterAll
  static void stop() {
    client.close();
    mesh.close();
  }

  private static ChatCompletionCreateParams.Builder question() {
    return about(QUESTION, image(picture));
  }

  private static String textOf(String type, String content) {
    return NanoOwl.dataUrl(type, content.getBytes(StandardCharsets.UTF_8));
  }

  private static <E extends OpenAIServiceException> void assertFails(
      Class<E> type, String code, String param, ThrowingCallable call) {
    E e = catchThrowableOfType(type, call);
    assertThat(e).isNotNull();
    assertThat(e.code()).as(e.getMessage()).contains(code);
    assertThat(e.param().orElse("")).as(e.getMessage()).isEqualTo(param);
    assertThat(e.type()).isPresent();
  }

  private static void assertRefused(String param, ChatCompletionCreateParams.Builder request) {
    assertRefused("invalid_value", param, request);
  }

  private static void assertRefused(
      String code, String param, ChatCompletionCreateParams.Builder request) {
    assertFails(
        BadRequestException.class,
        code,
        param,
        () -> client.chat().completions().create(request.build()));
  }

  @Test
  void anUnknownModelIsNotFound() {
    assertFails(
        NotFoundException.class,
        "model_not_found",
        "model",
        () -> client.chat().completions().create(question().model("gpt").build()));
    assertFails(
        NotFoundException.class, "model_not_found", "model", () -> client.models().retrieve("gpt"));
  }

  @Test
  void anOptionOutOfRangeIsABadRequest() {
    assertRefused("temperature", question().temperature(7.0));
    assertRefused("n", question().n(100));
    assertRefused("max_completion_tokens", question().maxCompletionTokens(0));
    assertRefused(
        "response_format.json_schema.schema",
        question()
            .putAdditionalBodyProperty(
                "response_format",
                JsonValue.from(
                    Map.of(
                        "type",
                        "json_schema",
                        "json_schema",
                        Map.of("name", "x", "schema", Map.of("type", "bird"))))));
  }

  @Test
  void anImageThatIsNoneIsABadRequest() {
    String first = "messages[0].content[0].image_url.url";
    assertRefused(
        "image_unsupported", first, about(QUESTION, image(textOf("image/svg+xml", "<svg/>"))));
    assertRefused(first, about(QUESTION, image(textOf("text/plain", "x"))));
    assertRefused(first, about(QUESTION, image("data:image/png;base64,#")));
    assertRefused(first, about(QUESTION, image("https://images.example.org/a.png")));
    assertRefused(first, about(QUESTION, image("http://127.0.0.1/a.png")));
    assertRefused(
        "too_many_images",
        "messages[0].content",
        about(QUESTION, image(picture), image(picture), image(picture)));
  }

  @Test
  void aMessageThatSaysNothingAndALimitAboveTheContextAreNoMistakes() {
    assertThat(client.chat().completions().create(JavaQuestions.of("").build()).choices())
        .hasSize(1);
    assertThat(
            client
                .chat()
                .completions()
                .create(question().maxCompletionTokens(1_000_000).build())
                .choices())
        .hasSize(1);
  }

  @Test
  void aConversationThatDoesNotFitIsABadRequest() {
    assertRefused(
        "context_length_exceeded",
        "messages",
        JavaQuestions.of("Which bird is that? ".repeat(2000)));
  }

  @Test
  void aBodyOverTheLimitIsRefusedWhileItComes() {
    assertFails(
        UnexpectedStatusCodeException.class,
        "request_too_large",
        "",
        () -> client.chat().completions().create(JavaQuestions.of("x".repeat(30_000_000)).build()));
  }

  private static FileCreateParams noImage(FilePurpose purpose) {
    return FileCreateParams.builder()
        .file(Path.of("pom.xml").toAbsolutePath())
        .purpose(purpose)
        .build();
  }

  @Test
  void aFileThatIsNoneIsRefused() {
    assertFails(
        BadRequestException.class,
        "invalid_value",
        "file",
        () ->
            client
                .files()
                .create(
                    FileCreateParams.builder()
                        .file("no name".getBytes(StandardCharsets.UTF_8))
                        .purpose(FilePurpose.VISION)
                        .build()));
    assertFails(
        BadRequestException.class,
        "image_unsupported",
        "file",
        () -> client.files().create(noImage(FilePurpose.VISION)));
    assertFails(
        BadRequestException.class,
        "invalid_value",
        "purpose",
        () -> client.files().create(noImage(FilePurpose.FINE_TUNE)));
    assertFails(
        NotFoundException.class,
        "not_found",
        "messages[0].content[0].file.file_id",
        () -> client.chat().completions().create(about(QUESTION, file("file-none")).build()));
  }

  @Test
  void aStreamThatIsLeftFreesItsPlace() throws Exception {
    ChatCompletionCreateParams longAnswer =
        question()
            .maxCompletionTokens(1500)
            .n(8)
            .putAdditionalBodyProperty("regex", JsonValue.from("[a-z ]{1500}"))
            .build();
    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(longAnswer)) {
      Iterator<ChatCompletionChunk> chunks = stream.stream().iterator();
      for (int i = 0; i < 20; i++) {
        assertThat(chunks.next().choices()).isNotEmpty();
      }
      assertFails(
          RateLimitException.class,
          "saturated",
          "",
          () -> client.chat().completions().create(question().build()));
    }
    while (!mesh.logOf("orchestrator").contains("answer CANCELLED")) {
      TimeUnit.MILLISECONDS.sleep(20);
    }

    assertThat(answer(client.chat().completions().create(question().build()), 0)).isEqualTo(ANSWER);
  }
}
