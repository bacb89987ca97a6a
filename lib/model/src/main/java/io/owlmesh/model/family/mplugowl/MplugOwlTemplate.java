// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family.mplugowl;

import io.owlmesh.model.text.ChatTemplate;
import io.owlmesh.model.text.Prompt;
import java.util.ArrayList;
import java.util.List;

/**
 * The layout that mPLUG-Owl was instructed with: a system sentence, a line per image and turn, and
 * the opening of the answer.
 */
public final class MplugOwlTemplate implements ChatTemplate {
  static final MplugOwlTemplate INSTANCE = new MplugOwlTemplate();

  // The trailing space is part of what the model learned.
  private static final String HUMAN_LINE = "\nHuman: ";
  private static final String AI_LINE = "\nAI: ";

  @Override
  public String name() {
    return "mplug-owl";
  }

  /** The sentences of the released models. */
  @Override
  public String system() {
    return "The following is a conversation between a curious human and AI assistant. The assistant"
        + " gives helpful, detailed, and polite answers to the user's questions.";
  }

  @Override
  public String opening(Role role) {
    return switch (role) {
      case HUMAN -> HUMAN_LINE;
      case AI -> AI_LINE;
    };
  }

  @Override
  public List<Prompt.Part> layout(String system, List<Turn> turns) {
    List<Prompt.Part> parts = new ArrayList<>();
    parts.add(new Prompt.Text(system));
    for (Turn turn : turns) {
      for (int i = 0; i < turn.images(); i++) {
        parts.add(new Prompt.Text(HUMAN_LINE));
        parts.add(new Prompt.Image());
      }
      switch (turn.role()) {
        case AI -> parts.add(new Prompt.Text(AI_LINE + turn.text()));
        case HUMAN -> {
          if (!turn.text().isEmpty()) {
            parts.add(new Prompt.Text(HUMAN_LINE + turn.text()));
          }
        }
      }
    }
    parts.add(new Prompt.Text(AI_LINE));
    return parts;
  }
}
