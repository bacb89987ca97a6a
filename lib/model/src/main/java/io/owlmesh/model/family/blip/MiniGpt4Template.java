// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family.blip;

import io.owlmesh.model.text.ChatTemplate;
import io.owlmesh.model.text.Prompt;
import java.util.ArrayList;
import java.util.List;

/**
 * MiniGPT-4's layout: a system sentence and turns that {@code ###} opens, images in tags of text.
 */
public final class MiniGpt4Template implements ChatTemplate {
  static final String NAME = "minigpt4";
  private static final String BREAK = "###";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String system() {
    return "Give the following image: <Img>ImageContent</Img>. You will be able to see the image"
        + " once I provide it to you. Please answer my questions.";
  }

  /** The trailing space is part of what the model learned. */
  @Override
  public String opening(Role role) {
    return switch (role) {
      case HUMAN -> BREAK + "Human: ";
      case AI -> BREAK + "Assistant: ";
    };
  }

  @Override
  public List<String> stops() {
    return List.of(BREAK);
  }

  @Override
  public List<Prompt.Part> layout(String system, List<Turn> turns) {
    List<Prompt.Part> parts = new ArrayList<>();
    parts.add(new Prompt.Text(system));
    for (Turn turn : turns) {
      parts.add(new Prompt.Text(opening(turn.role())));
      for (int i = 0; i < turn.images(); i++) {
        parts.add(new Prompt.Text("<Img>"));
        parts.add(new Prompt.Image());
        parts.add(new Prompt.Text("</Img> "));
      }
      parts.add(new Prompt.Text(turn.text()));
    }
    parts.add(new Prompt.Text(opening(Role.AI)));
    return parts;
  }
}
