// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import io.owlmesh.core.OwlException;
import io.owlmesh.model.text.Prompt;
import io.owlmesh.model.text.PromptTemplate.Role;
import io.owlmesh.model.text.PromptTemplate.Turn;
import io.owlmesh.model.text.PromptTemplate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What the messages of a request say.
 *
 * @param images where images come from, in the order of their places in the prompt
 */
record ChatMessages(Prompt prompt, List<Field> images) {
  private static final int MAX_MESSAGES = 1024;
  private static final int MAX_PARTS = 256;
  private static final Set<String> MESSAGE =
      Set.of("role", "content", "name", "refusal", "annotations");

  /**
   * Reads messages. The system's come first and are one sentence together; of a user's message, the
   * images are shown before its text.
   *
   * @param messages an array
   * @param maxImages in all messages together
   */
  static ChatMessages of(Field messages, int maxImages) {
    StringBuilder system = new StringBuilder();
    List<Turn> turns = new ArrayList<>();
    List<Field> images = new ArrayList<>();
    for (Field message : messages.items(1, MAX_MESSAGES)) {
      message.requireObject().requireNoneBut(MESSAGE);
      Optional<Role> role = role(message);
      int before = images.size();
      String text = text(message.get("content"), role, images);
      if (images.size() > maxImages) {
        throw message
            .get("content")
            .refused("more than %d images in all messages".formatted(maxImages));
      }
      if (role.isEmpty()) {
        message.get("role").require(turns.isEmpty(), "system messages must come first");
        system.append(system.isEmpty() ? "" : "\n").append(text);
      } else {
        addTurn(turns, message, new Turn(role.get(), text, images.size() - before));
      }
    }
    messages.require(
        !turns.isEmpty() && turns.getLast().role() == Role.HUMAN,
        "the last message must be a user's");
    PromptTemplate template =
        system.isEmpty() ? PromptTemplate.DEFAULT : new PromptTemplate(system.toString());
    try {
      return new ChatMessages(template.prompt(turns), images);
    } catch (OwlException e) {
      throw messages.refused(String.valueOf(e.getMessage()).substring(e.field().length() + 2));
    }
  }

  private static void addTurn(List<Turn> turns, Field message, Turn turn) {
    if (turn.role() == Role.HUMAN) {
      message
          .get("content")
          .require(turn.images() > 0 || !turn.text().isEmpty(), "neither text nor image");
    }
    turns.add(turn);
  }

  /** Who speaks; nobody for what sets the scene. */
  private static Optional<Role> role(Field message) {
    Field role = message.get("role");
    return switch (role.word("system", "developer", "user", "assistant")) {
      case "user" -> Optional.of(Role.HUMAN);
      case "assistant" -> Optional.of(Role.AI);
      default -> Optional.empty();
    };
  }

  private static String text(Field content, Optional<Role> role, List<Field> images) {
    if (content.isAbsent() && role.equals(Optional.of(Role.AI))) {
      return "";
    }
    if (content.value().isTextual()) {
      return content.text();
    }
    List<String> texts = new ArrayList<>();
    for (Field part : content.items(1, MAX_PARTS)) {
      Field type = part.requireObject().get("type");
      switch (type.word("text", "image_url", "file")) {
        case "text" -> {
          part.requireNoneBut(Set.of("type", "text"));
          texts.add(part.get("text").text());
        }
        default -> {
          part.requireNoneBut(Set.of("type", type.text()));
          type.require(role.equals(Optional.of(Role.HUMAN)), "only a user's message may show one");
          images.add(part);
        }
      }
    }
    return String.join("\n", texts);
  }
}
