// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.owlmesh.core.DType;
import io.owlmesh.model.compose.MiniGpt4Composition;
import io.owlmesh.proto.chat.v1.Conversation;
import io.owlmesh.proto.chat.v1.ImageHeader;
import io.owlmesh.proto.chat.v1.Role;
import io.owlmesh.proto.chat.v1.Turn;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Other families behind the same front door: from files of pictures to the reference's answers. */
class FamiliesTest {
  private static final Path RESOURCES = Processes.ROOT.resolve("lib/model/src/test/resources");

  @ParameterizedTest
  @CsvSource({
    "llava-tiny, transformers-5-bf16, llava, 16",
    "instructblip-tiny, safetensors-sharded-bf16, instructblip, 5"
  })
  void aQuestionAboutAPictureGetsTheReferencesAnswer(
      String folder, String layout, String family, int visualTokens, @TempDir Path logs)
      throws Exception {
    Path golden = RESOURCES.resolve(folder);
    JsonNode cases = new ObjectMapper().readTree(golden.resolve("forward.json").toFile());
    try (Processes mesh =
        Processes.fused(
                logs, golden.resolve("checkpoints").resolve(layout), Map.of("OWL_DTYPE", "float32"))
            .start()) {
      ManagedChannel door = mesh.connect("fused");
      int asked = 0;
      for (JsonNode test : cases) {
        if (!isDialogue(test)) {
          continue;
        }
        List<ByteString> images = new ArrayList<>();
        for (JsonNode name : test.get("images")) {
          images.add(
              ByteString.copyFrom(
                  Files.readAllBytes(golden.resolve("images").resolve(name.asText()))));
        }
        AnswerCaller caller = AnswerCaller.ask(door, conversation(test, images), images);
        assertThat(caller.text())
            .as(test.get("name").asText())
            .isEqualTo(test.get("text").asText());
        asked++;
      }
      assertThat(asked).isGreaterThan(2);
      JsonNode model = model(mesh);
      assertThat(model.get("family").asText()).isEqualTo(family);
      assertThat(model.get("visual_tokens").asInt()).isEqualTo(visualTokens);
      door.shutdownNow();
    }
  }

  @Test
  void aMiniGpt4OfItsPartsAnswersAsTheReference(@TempDir Path temp) throws Exception {
    Path golden = RESOURCES.resolve("blip2-tiny");
    Path parts = golden.resolve("minigpt4-parts");
    Path checkpoint = temp.resolve("minigpt4");
    MiniGpt4Composition.write(
        new MiniGpt4Composition.Parts(
            parts.resolve("eva_vit_g.pth"),
            parts.resolve("blip2_pretrained_flant5xxl.pth"),
            parts.resolve("pretrained_minigpt4.pth"),
            parts.resolve("vicuna"),
            4,
            4),
        checkpoint,
        DType.FLOAT32);
    ByteString picture =
        ByteString.copyFrom(Files.readAllBytes(golden.resolve("images/photo-a.jpg")));
    Conversation.Builder asked = Conversation.newBuilder();
    asked.getOptionsBuilder().setMaxNewTokens(24);
    asked.addTurns(
        Turn.newBuilder()
            .setRole(Role.ROLE_HUMAN)
            .setText("What colour is the square?")
            .addImages(ImageHeader.newBuilder().setSizeBytes(picture.size())));
    try (Processes mesh =
        Processes.fused(temp, checkpoint, Map.of("OWL_DTYPE", "float32")).start()) {
      ManagedChannel door = mesh.connect("fused");
      AnswerCaller caller = AnswerCaller.ask(door, asked.build(), List.of(picture));
      assertThat(caller.text()).isEqualTo(text(golden, "minigpt4"));
      door.shutdownNow();
    }
  }

  private static String text(Path golden, String name) throws IOException {
    for (JsonNode test : new ObjectMapper().readTree(golden.resolve("forward.json").toFile())) {
      if (test.get("name").asText().equals(name)) {
        return test.get("text").asText();
      }
    }
    throw new IllegalArgumentException(name);
  }

  /** What a template makes of turns; single answers of the gRPC door have no system sentence. */
  private static boolean isDialogue(JsonNode test) {
    boolean made = test.has("messages") || test.has("qformer_ids");
    boolean scene = test.path("messages").path(0).path("role").asText().equals("system");
    return made && !scene && test.get("adapter").isNull() && !test.get("prompt").asText().isEmpty();
  }

  private static Conversation conversation(JsonNode test, List<ByteString> images) {
    Conversation.Builder conversation = Conversation.newBuilder();
    conversation.getOptionsBuilder().setMaxNewTokens(test.get("greedy").size());
    if (!test.has("messages")) {
      Turn.Builder turn =
          Turn.newBuilder().setRole(Role.ROLE_HUMAN).setText(test.get("prompt").asText());
      images.forEach(file -> turn.addImages(ImageHeader.newBuilder().setSizeBytes(file.size())));
      return conversation.addTurns(turn).build();
    }
    int next = 0;
    for (JsonNode message : test.get("messages")) {
      String role = message.get("role").asText();
      Turn.Builder turn =
          Turn.newBuilder().setRole(role.equals("user") ? Role.ROLE_HUMAN : Role.ROLE_AI);
      for (JsonNode content : message.get("content")) {
        if (content.get("type").asText().equals("image")) {
          turn.addImages(ImageHeader.newBuilder().setSizeBytes(images.get(next++).size()));
        } else {
          turn.setText(content.get("text").asText());
        }
      }
      conversation.addTurns(turn);
    }
    return conversation.build();
  }

  private static JsonNode model(Processes mesh) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> response =
          client.send(
              HttpRequest.newBuilder(URI.create(mesh.http("fused") + "/v1/models")).build(),
              HttpResponse.BodyHandlers.ofString());
      return new ObjectMapper().readTree(response.body()).get("data").get(0);
    }
  }
}
