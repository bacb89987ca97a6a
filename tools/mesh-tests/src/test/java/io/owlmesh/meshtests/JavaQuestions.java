// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.models.ResponseFormatJsonSchema;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionContentPart;
import com.openai.models.chat.completions.ChatCompletionContentPartImage;
import com.openai.models.chat.completions.ChatCompletionContentPartText;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Questions as programs in Java put them with OpenAI's own client. */
final class JavaQuestions {
  static final String MODEL = "owl-nano";

  private JavaQuestions() {}

  /** A client that knows nothing of us but the address, and asks once. */
  static OpenAIClient client(Processes mesh) {
    return OpenAIOkHttpClient.builder()
        .baseUrl(mesh.http("orchestrator") + "/v1")
        .apiKey("none")
        .maxRetries(0)
        .build();
  }

  static ChatCompletionContentPart text(String text) {
    return ChatCompletionContentPart.ofText(
        ChatCompletionContentPartText.builder().text(text).build());
  }

  static ChatCompletionContentPart image(String url) {
    return ChatCompletionContentPart.ofImageUrl(
        ChatCompletionContentPartImage.builder()
            .imageUrl(ChatCompletionContentPartImage.ImageUrl.builder().url(url).build())
            .build());
  }

  static ChatCompletionContentPart file(String id) {
    return ChatCompletionContentPart.ofFile(
        ChatCompletionContentPart.File.builder()
            .file(ChatCompletionContentPart.File.FileObject.builder().fileId(id).build())
            .build());
  }

  static ChatCompletionCreateParams.Builder of(String question) {
    return ChatCompletionCreateParams.builder().model(MODEL).addUserMessage(question);
  }

  static ChatCompletionCreateParams.Builder about(
      String question, ChatCompletionContentPart... images) {
    List<ChatCompletionContentPart> parts = new ArrayList<>(List.of(images));
    parts.add(text(question));
    return ChatCompletionCreateParams.builder()
        .model(MODEL)
        .addUserMessageOfArrayOfContentParts(parts);
  }

  static String answer(ChatCompletion completion, int choice) {
    return completion.choices().get(choice).message().content().orElseThrow();
  }

  /** The client has a method for it, which is deprecated. */
  static ChatCompletionCreateParams.Builder seeded(
      ChatCompletionCreateParams.Builder request, long seed) {
    return request.putAdditionalBodyProperty("seed", JsonValue.from(seed));
  }

  /** The schema of an object with one colour. */
  static ResponseFormatJsonSchema.JsonSchema redOrBlue() {
    JsonValue schema =
        JsonValue.from(
            Map.of(
                "type",
                "object",
                "properties",
                Map.of("colour", Map.of("enum", List.of("red", "blue"))),
                "required",
                List.of("colour"),
                "additionalProperties",
                false));
    return ResponseFormatJsonSchema.JsonSchema.builder()
        .name("seen")
        .strict(true)
        .schema(
            Objects.requireNonNull(
                schema.convert(ResponseFormatJsonSchema.JsonSchema.Schema.class)))
        .build();
  }
}
