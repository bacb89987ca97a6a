// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family.llava;

import io.owlmesh.model.text.ChatTemplate;
import io.owlmesh.model.text.Prompt;
import java.util.ArrayList;
import java.util.List;

/**
 * The layout of LLaVA 1.5 in transformers: {@code USER: <image>\n...ASSISTANT:}, no system sentence
 * unless one is given, and no mark behind answers.
 */
public final class LlavaTemplate implements ChatTemplate {
  static final String NAME = "llava";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String system() {
    return "";
  }

  @Override
  public String opening(Role role) {
    return switch (role) {
      case HUMAN -> "USER: ";
      case AI -> "ASSISTANT: ";
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
        parts.add(new Prompt.Image());
        parts.add(new Prompt.Text("\n"));
      }
      if (!turn.text().isEmpty()) {
        parts.add(new Prompt.Text(turn.text() + " "));
      }
    }
    parts.add(new Prompt.Text("ASSISTANT:"));
    return parts;
  }
}
