// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.verify;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.text.ChatTemplate;
import io.owlmesh.model.text.ChatTemplate.Role;
import io.owlmesh.model.text.ChatTemplate.Turn;
import io.owlmesh.model.text.ChatTemplates;
import io.owlmesh.model.text.Prompt;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A prompt with its answer, as {@code forward.json} holds it.
 *
 * @param adapter folder of the adapter, or null
 * @param images files, in the order of their places in the prompt
 * @param prompt in the reference's textual form, with {@code <image>}
 * @param ids of the prompt, -1 at visual positions
 * @param greedy ids of the answer, with the end of the sequence if it was reached
 * @param text of the answer
 * @param messages that a template makes the prompt from, or null
 * @param template of the prompt where a folder has prompts of several, or null
 * @param questionIds of the question for a connector that reads it, or null
 */
@JsonIgnoreProperties(ignoreUnknown = true)
record GoldenCase(
    String name,
    @Nullable String adapter,
    List<String> images,
    String prompt,
    List<Integer> ids,
    List<Integer> greedy,
    String text,
    @Nullable List<Message> messages,
    @Nullable String template,
    @JsonProperty("qformer_ids") @Nullable List<Integer> questionIds) {
  private static final Pattern MINIGPT4_PLACE = Pattern.compile("<ImageHere>");

  /** What a template makes the prompt from. */
  record Message(String role, List<Content> content) {}

  /** A text, or an image. */
  record Content(String type, @Nullable String text) {}

  /** The prompt in parts; layouts that put images first do not mark their places. */
  Prompt parsed() {
    if (template == null) {
      return Prompt.parse(prompt);
    }
    if (template.equals("minigpt4")) {
      return Prompt.parse(prompt, MINIGPT4_PLACE);
    }
    String name = template.equals("blip2") ? "blip-2" : template;
    return ChatTemplates.named(name)
        .orElseThrow(() -> OwlException.badInput("golden", "template " + name))
        .continued("", List.of(new Turn(Role.HUMAN, prompt, images.size())));
  }

  /** The messages as a template lays them out. */
  Prompt laidOut(ChatTemplate by) {
    String system = by.system();
    List<Turn> turns = new ArrayList<>();
    for (Message message : Objects.requireNonNull(messages)) {
      String said =
          message.content().stream()
              .map(Content::text)
              .filter(Objects::nonNull)
              .collect(Collectors.joining(" "));
      int shown = (int) message.content().stream().filter(c -> c.type().equals("image")).count();
      switch (message.role()) {
        case "system" -> system = said;
        case "user" -> turns.add(new Turn(Role.HUMAN, said, shown));
        default -> turns.add(new Turn(Role.AI, said, 0));
      }
    }
    return by.prompt(system, turns);
  }
}
