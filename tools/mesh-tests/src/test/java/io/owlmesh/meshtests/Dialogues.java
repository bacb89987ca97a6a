// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import io.owlmesh.proto.chat.v1.Conversation;
import io.owlmesh.proto.chat.v1.ImageHeader;
import io.owlmesh.proto.chat.v1.Role;
import io.owlmesh.proto.chat.v1.Turn;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Conversations of the golden values, as a caller of the front door would put them. */
final class Dialogues {
  private static final Pattern LINE =
      Pattern.compile("\n(Human|AI): (.*?)(?=\n(?:Human|AI): |\\z)", Pattern.DOTALL);

  private Dialogues() {}

  /**
   * A conversation and the answer that the reference gives.
   *
   * @param promptTokens positions of its prompt
   * @param newTokens of the answer, the end of sequence among them
   */
  record Golden(
      String name,
      Conversation conversation,
      List<ByteString> images,
      String answer,
      int promptTokens,
      int newTokens) {
    @Override
    public String toString() {
      return name;
    }
  }

  /** All that follow the template; two others show that the model itself is not bound to it. */
  static List<Golden> all() throws IOException {
    List<Golden> all = new ArrayList<>();
    for (JsonNode test :
        new ObjectMapper().readTree(Processes.TINY.resolve("forward.json").toFile())) {
      String prompt = test.get("prompt").asText();
      if (!prompt.contains("<image><image>") && !prompt.contains("\n\n")) {
        all.add(golden(test));
      }
    }
    return all;
  }

  /** One with an image. */
  static Golden aboutAnImage() throws IOException {
    return all().stream().filter(g -> g.images().size() == 1).findFirst().orElseThrow();
  }

  private static Golden golden(JsonNode test) throws IOException {
    List<ByteString> images = new ArrayList<>();
    for (JsonNode name : test.get("images")) {
      images.add(image(name.asText()));
    }
    Conversation.Builder conversation = Conversation.newBuilder();
    turns(test.get("prompt").asText(), images, conversation);
    AnswerOptions.Builder options = conversation.getOptionsBuilder().setMaxNewTokens(24);
    options.setAdapter(test.get("adapter").isNull() ? "" : test.get("adapter").asText());
    return new Golden(
        test.get("name").asText() + " " + test.get("adapter").asText(),
        conversation.build(),
        images,
        test.get("text").asText(),
        test.get("ids").size(),
        test.get("greedy").size());
  }

  static ByteString image(String name) throws IOException {
    return ByteString.copyFrom(Files.readAllBytes(Processes.TINY.resolve("images").resolve(name)));
  }

  private static void turns(
      String prompt, List<ByteString> images, Conversation.Builder conversation) {
    int next = 0;
    Turn.Builder human = Turn.newBuilder().setRole(Role.ROLE_HUMAN);
    Matcher line = LINE.matcher(prompt);
    while (line.find()) {
      String text = line.group(2);
      if (text.equals("<image>")) {
        human.addImages(ImageHeader.newBuilder().setSizeBytes(images.get(next++).size()));
      } else if (line.group(1).equals("Human")) {
        conversation.addTurns(human.setText(text));
        human = Turn.newBuilder().setRole(Role.ROLE_HUMAN);
      } else if (!text.isEmpty()) {
        conversation.addTurns(Turn.newBuilder().setRole(Role.ROLE_AI).setText(text));
      }
    }
  }
}
