// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family.llava;

import io.owlmesh.model.text.ChatTemplate;
import io.owlmesh.model.text.Prompt;
import java.util.ArrayList;
import java.util.List;

/**
 * The layout that LLaVA's authors trained with: Vicuna's sentence, and the end of the sequence
 * behind each answer.
 */
public class VicunaTemplate implements ChatTemplate {
  static final String NAME = "vicuna-v1";
  static final String MARKED = "vicuna-v1-marked";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String system() {
    return "A chat between a curious user and an artificial intelligence assistant. The assistant"
        + " gives helpful, detailed, and polite answers to the user's questions.";
  }

  @Override
  public String opening(Role role) {
    return switch (role) {
      case HUMAN -> "USER: ";
      case AI -> " ASSISTANT: ";
    };
  }

  @Override
  public String beforeAnswer() {
    return " ";
  }

  @Override
  public List<Prompt.Part> layout(String system, List<Turn> turns) {
    List<Prompt.Part> parts = new ArrayList<>();
    if (!system.isEmpty()) {
      parts.add(new Prompt.Text(system + " "));
    }
    for (Turn turn : turns) {
      parts.add(new Prompt.Text(opening(turn.role())));
      for (int i = 0; i < turn.images(); i++) {
        parts.addAll(image());
        parts.add(new Prompt.Text("\n"));
      }
      parts.add(new Prompt.Text(turn.text()));
      if (turn.role() == Role.AI) {
        parts.add(new Prompt.Mark("</s>"));
      }
    }
    parts.add(new Prompt.Text(" ASSISTANT:"));
    return parts;
  }

  /** The place of an image. */
  List<Prompt.Part> image() {
    return List.of(new Prompt.Image());
  }

  /** Where marks stand around images. */
  public static final class Marked extends VicunaTemplate {
    @Override
    public String name() {
      return MARKED;
    }

    @Override
    List<Prompt.Part> image() {
      return List.of(
          new Prompt.Mark("<im_start>"), new Prompt.Image(), new Prompt.Mark("<im_end>"));
    }
  }
}
