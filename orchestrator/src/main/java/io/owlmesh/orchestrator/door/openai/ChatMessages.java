// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.text.ChatTemplate;
import io.owlmesh.model.text.ChatTemplate.Role;
import io.owlmesh.model.text.ChatTemplate.Turn;
import io.owlmesh.model.text.Prompt;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * What the messages of a request say.
 *
 * @param images where images come from, in the order of their places in the prompt
 * @param continues whether the answer goes on from what the last message begins
 */
record ChatMessages(Prompt prompt, List<Field> images, boolean continues) {
  private static final int MAX_MESSAGES = 1024;
  private static final int MAX_PARTS = 256;
  private static final Set<String> MESSAGE = Set.of("role", "content");

  /**
   * Reads messages. The system's, wherever they stand, are one sentence together and come first;
   * all others keep their order, and so do texts and images in them. But where one text comes
   * before all images and none after, it is the question about them, which the model was taught to
   * read behind them. What says nothing is left out. The answer goes on from an assistant's message
   * that comes last.
   *
   * @param messages an array
   * @param maxImages in all messages together
   * @param templates gives the layout, once the rest is right
   */
  static ChatMessages of(Field messages, int maxImages, Supplier<ChatTemplate> templates) {
    StringBuilder system = new StringBuilder();
    List<Turn> turns = new ArrayList<>();
    List<Field> images = new ArrayList<>();
    for (Field message : messages.items(1, MAX_MESSAGES)) {
      NeutralDefaults.MESSAGE.check(message.requireObject(), MESSAGE);
      Optional<Role> role = role(message);
      Content content = Content.of(message.get("content"), role.equals(Optional.of(Role.HUMAN)));
      images.addAll(content.images());
      if (images.size() > maxImages) {
        throw message
            .get("content")
            .refused(
                ErrorCode.TOO_MANY_IMAGES,
                "more than %d images in all messages".formatted(maxImages));
      }
      if (role.isEmpty()) {
        system.append(system.isEmpty() ? "" : "\n").append(content.text());
      } else if (role.get() == Role.HUMAN) {
        turns.addAll(content.turns());
      } else {
        turns.add(new Turn(Role.AI, content.text(), 0));
      }
    }
    return of(messages, templates.get(), system.toString(), turns, images);
  }

  private static ChatMessages of(
      Field messages, ChatTemplate template, String system, List<Turn> turns, List<Field> images) {
    String scene = system.isEmpty() ? template.system() : system;
    boolean last = !turns.isEmpty() && turns.getLast().role() == Role.AI;
    String begun = last ? turns.removeLast().text() : "";
    try {
      List<Prompt.Part> parts = new ArrayList<>(template.continued(scene, turns).parts());
      parts.add(new Prompt.Text(begun.isEmpty() ? "" : template.beforeAnswer() + begun));
      return new ChatMessages(new Prompt(parts), images, !begun.isEmpty());
    } catch (OwlException e) {
      throw messages.refused(e.sentence());
    }
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

  /**
   * What one message says.
   *
   * @param turns its texts and images in order, each text with the images right before it
   * @param images the parts that show them
   */
  private record Content(List<Turn> turns, List<Field> images) {
    static Content of(Field content, boolean shows) {
      List<Turn> turns = new ArrayList<>();
      List<Field> images = new ArrayList<>();
      if (content.isAbsent()) {
        return new Content(turns, images);
      }
      if (content.value().isTextual()) {
        return new Content(List.of(new Turn(Role.HUMAN, content.text(), 0)), images);
      }
      List<String> texts = new ArrayList<>();
      int shown = 0;
      for (Field part : content.items(0, MAX_PARTS)) {
        Field type = part.requireObject().get("type");
        if (type.word("text", "image_url", "file").equals("text")) {
          NeutralDefaults.PART.check(part, Set.of("type", "text"));
          texts.add(part.get("text").text());
          continue;
        }
        NeutralDefaults.PART.check(part, Set.of("type", type.text()));
        type.require(shows, "only a user's message may show one");
        if (!texts.isEmpty()) {
          turns.add(new Turn(Role.HUMAN, String.join("\n", texts), shown));
          texts.clear();
          shown = 0;
        }
        shown++;
        images.add(part);
      }
      boolean ask = turns.size() == 1 && shown == images.size() && texts.isEmpty();
      String text = ask ? turns.removeFirst().text() : String.join("\n", texts);
      turns.add(new Turn(Role.HUMAN, text, shown));
      return new Content(turns, images);
    }

    /** Its texts alone. */
    String text() {
      return turns.stream().map(Turn::text).collect(Collectors.joining("\n"));
    }
  }
}
