// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static io.owlmesh.meshtests.JavaQuestions.about;
import static io.owlmesh.meshtests.JavaQuestions.answer;
import static io.owlmesh.meshtests.JavaQuestions.file;
import static io.owlmesh.meshtests.JavaQuestions.image;
import static io.owlmesh.meshtests.JavaQuestions.seeded;
import static io.owlmesh.meshtests.NanoOwl.ANSWER;
import static io.owlmesh.meshtests.NanoOwl.QUESTION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.openai.client.OpenAIClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.NotFoundException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.ResponseFormatJsonObject;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.chat.completions.ChatCompletionTokenLogprob;
import com.openai.models.files.FileCreateParams;
import com.openai.models.files.FileObject;
import com.openai.models.files.FilePurpose;
import com.openai.models.models.Model;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** OpenAI's own client for Java, unchanged, asks a mesh of processes. */
@Timeout(120)
class OpenAiJavaClientTest {
  private static Processes mesh;
  private static OpenAIClient client;
  private static String picture;

  /** What an answer is to look like, from which the client makes a schema. */
  static final class Seen {
    public boolean square;
    public Colour colour = Colour.NONE;

    /** Of which one is seen. */
    enum Colour {
      NONE,
      RED,
      BLUE
    }
  }

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    mesh = NanoOwl.start(folder, Map.of());
    client = JavaQuestions.client(mesh);
    picture = NanoOwl.pictureUrl();
  }

  @AfterAll
  static void stop() {
    client.close();
    mesh.close();
  }

  private static ChatCompletion complete(ChatCompletionCreateParams.Builder request) {
    return client.chat().completions().create(request.build()).validate();
  }

  private static ChatCompletionCreateParams.Builder question() {
    return about(QUESTION, image(picture));
  }

  @Test
  void modelsAreListedAndFound() {
    List<String> ids = client.models().list().data().stream().map(Model::id).toList();

    assertThat(ids).containsExactly("owl-nano", "owl-nano:base", "owl-nano:instruct");
    assertThat(client.models().retrieve("owl-nano:base").validate().id())
        .isEqualTo("owl-nano:base");
  }

  @Test
  void aQuestionAboutAPictureIsAnswered() {
    ChatCompletion completion = complete(question());

    assertThat(answer(completion, 0)).isEqualTo(ANSWER);
    assertThat(completion.choices().getFirst().finishReason())
        .isEqualTo(ChatCompletion.Choice.FinishReason.STOP);
    assertThat(completion.usage().orElseThrow().completionTokens()).isPositive();
    assertThat(completion.usage().orElseThrow().promptTokens()).isGreaterThan(49);
  }

  @Test
  void aStreamAddsUpToTheSameAnswer() {
    ChatCompletionAccumulator all = ChatCompletionAccumulator.create();
    ChatCompletionStreamOptions counted =
        ChatCompletionStreamOptions.builder().includeUsage(true).build();
    List<ChatCompletionChunk> chunks;
    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(question().streamOptions(counted).build())) {
      chunks = stream.stream().peek(all::accumulate).toList();
    }

    assertThat(answer(all.chatCompletion(), 0)).isEqualTo(ANSWER);
    assertThat(chunks).hasSizeGreaterThan(3).allMatch(ChatCompletionChunk::isValid);
    assertThat(chunks.getLast().choices()).isEmpty();
    assertThat(chunks.getLast().usage().orElseThrow().completionTokens()).isPositive();
  }

  @Test
  void aStreamIsNotCountedUnlessAsked() {
    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(question().build())) {
      assertThat(stream.stream()).isNotEmpty().allMatch(chunk -> chunk.usage().isEmpty());
    }
  }

  @Test
  void anAnswerEndsBeforeAStopText() {
    ChatCompletion completion = complete(question().stopOfStrings(List.of("ue", "no")));

    assertThat(answer(completion, 0)).isEqualTo("Bl");
    assertThat(answer(complete(question().stop("Blue")), 0)).isEmpty();
  }

  @Test
  void twoChoicesAreTwoAnswers() {
    ChatCompletion completion =
        complete(seeded(question(), 7).n(2).temperature(2.0).maxCompletionTokens(16));

    assertThat(completion.choices())
        .extracting(ChatCompletion.Choice::index)
        .containsExactly(0L, 1L);
    assertThat(answer(completion, 0)).isNotEqualTo(answer(completion, 1));
  }

  @Test
  void aSeedMakesSamplingRepeatable() {
    ChatCompletionCreateParams.Builder hot =
        JavaQuestions.of("Describe the picture.").temperature(2.0).maxCompletionTokens(20);

    String first = answer(complete(seeded(hot, -3)), 0);

    assertThat(answer(complete(seeded(hot, -3)), 0)).isEqualTo(first);
    assertThat(answer(complete(seeded(hot, 4)), 0)).isNotEqualTo(first);
  }

  @Test
  void probabilitiesComeWithTheLikeliestTokens() {
    ChatCompletion completion = complete(question().logprobs(true).topLogprobs(3));

    List<ChatCompletionTokenLogprob> tokens =
        completion.choices().getFirst().logprobs().orElseThrow().content().orElseThrow();
    assertThat(String.join("", tokens.stream().map(ChatCompletionTokenLogprob::token).toList()))
        .isEqualTo(ANSWER);
    assertThat(tokens)
        .allSatisfy(token -> {
          assertThat(token.logprob()).isNotPositive();
          assertThat(token.topLogprobs()).hasSize(3);
          assertThat(token.topLogprobs().getFirst().token()).isEqualTo(token.token());
        });
  }

  @Test
  void anAnswerCanBeAnyObject() throws Exception {
    ChatCompletion completion =
        complete(
            question()
                .responseFormat(ResponseFormatJsonObject.builder().build())
                .maxCompletionTokens(200)
                .stop("}}}}"));

    if (ChatCompletion.Choice.FinishReason.STOP.equals(
        completion.choices().getFirst().finishReason())) {
      assertThat(new ObjectMapper().readTree(answer(completion, 0)).isObject()).isTrue();
    }
    assertThat(answer(completion, 0)).startsWith("{");
  }

  @Test
  void anAnswerKeepsASchema() throws Exception {
    JsonNode seen =
        new ObjectMapper()
            .readTree(
                answer(
                    complete(question().jsonSchemaResponseFormat(JavaQuestions.redOrBlue())), 0));

    assertThat(seen.size()).isEqualTo(1);
    assertThat(seen.path("colour").asText()).isIn("red", "blue");
  }

  @Test
  void anAnswerBecomesAnObjectOfAClass() {
    Seen seen =
        client
            .chat()
            .completions()
            .create(question().maxCompletionTokens(300).responseFormat(Seen.class).build())
            .choices()
            .getFirst()
            .message()
            .content()
            .orElseThrow();

    assertThat(seen.colour).isIn(Seen.Colour.RED, Seen.Colour.BLUE);
  }

  @Test
  void anAnswerThatIsCutSaysSo() {
    ChatCompletion completion = complete(question().maxCompletionTokens(1));

    assertThat(completion.choices().getFirst().finishReason())
        .isEqualTo(ChatCompletion.Choice.FinishReason.LENGTH);
    assertThat(completion.usage().orElseThrow().completionTokens()).isEqualTo(1);
  }

  @Test
  void aConversationGoesOn() {
    ChatCompletionCreateParams.Builder conversation =
        about("Describe the picture.", image(picture));
    ChatCompletion first = complete(conversation);
    conversation
        .addMessage(first.choices().getFirst().message())
        .addUserMessage("What colour is it?");

    assertThat(answer(first, 0)).contains("purple cross");
    assertThat(answer(complete(conversation), 0)).isEqualTo("Purple.");
    assertThat(answer(complete(about("What colour is it?", image(picture))), 0)).isEqualTo("Blue.");
  }

  @Test
  void whoSetsTheSceneIsPartOfThePrompt() {
    ChatCompletionCreateParams.Builder plain = JavaQuestions.of("Hello");
    ChatCompletionCreateParams.Builder set =
        ChatCompletionCreateParams.builder()
            .model(JavaQuestions.MODEL)
            .addSystemMessage("S")
            .addUserMessage("Hello");

    assertThat(complete(set).usage().orElseThrow().promptTokens())
        .isPositive()
        .isLessThan(complete(plain).usage().orElseThrow().promptTokens());
  }

  @Test
  void aModelsNameChoosesTheAdapter() {
    assertThat(answer(complete(question().model("owl-nano:instruct")), 0)).isEqualTo(ANSWER);

    ChatCompletion base =
        complete(question().model("owl-nano:base").maxCompletionTokens(8).logprobs(true));

    assertThat(base.model()).isEqualTo("owl-nano:base");
    assertThat(base.choices().getFirst().logprobs())
        .isNotEqualTo(
            complete(question().maxCompletionTokens(8).logprobs(true))
                .choices()
                .getFirst()
                .logprobs());
  }

  @Test
  void aFileIsUploadedShownAndDeleted() throws Exception {
    FileObject file =
        client
            .files()
            .create(
                FileCreateParams.builder()
                    .file(NanoOwl.PICTURE)
                    .purpose(FilePurpose.VISION)
                    .build())
            .validate();

    assertThat(file.filename()).isEqualTo("two-things.png");
    assertThat(client.files().list().autoPager().stream().map(FileObject::id)).contains(file.id());
    assertThat(client.files().retrieve(file.id()).bytes()).isEqualTo(Files.size(NanoOwl.PICTURE));
    try (var content = client.files().content(file.id())) {
      assertThat(content.body().readAllBytes()).isEqualTo(Files.readAllBytes(NanoOwl.PICTURE));
    }
    assertThat(answer(complete(about(QUESTION, file(file.id()))), 0)).isEqualTo(ANSWER);
    assertThat(client.files().delete(file.id()).deleted()).isTrue();
    assertThatThrownBy(() -> client.files().retrieve(file.id()))
        .isInstanceOf(NotFoundException.class);
  }
}
