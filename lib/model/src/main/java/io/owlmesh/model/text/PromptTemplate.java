// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

import io.owlmesh.core.OwlException;
import java.util.ArrayList;
import java.util.List;

/**
 * The layout that mPLUG-Owl was instructed with: a system sentence, a line per image and turn, and
 * the opening of the answer.
 *
 * @param system what the conversation is, before all turns
 */
public record PromptTemplate(String system) {
  /** The sentences of the released models. */
  public static final PromptTemplate DEFAULT =
      new PromptTemplate(
          "The following is a conversation between a curious human and AI assistant. The assistant"
              + " gives helpful, detailed, and polite answers to the user's questions.");

  // The trailing space is part of what the model learned.
  private static final String HUMAN_LINE = "\nHuman: ";
  private static final String AI_LINE = "\nAI: ";

  /** Who speaks. */
  public enum Role {
    HUMAN,
    AI
  }

  /**
   * One turn of a dialogue.
   *
   * @param text what is said; text that spells {@code <image>} stays text; may be empty
   * @param images how many images come with it, before the text; none for the AI
   */
  public record Turn(Role role, String text, int images) {}

  /**
   * Lays out a dialogue that the model is to continue.
   *
   * @param turns from the first to the question to be answered
   * @throws OwlException BAD_INPUT naming {@code turns} or {@code turns[i].…}: there is none, the
   *     last is not a human's, the AI shows images, a human turn holds neither text nor image, or
   *     text exceeds 1 MiB of UTF-8
   */
  public Prompt prompt(List<Turn> turns) {
    check(turns);
    return layOut(turns);
  }

  /**
   * As above, whoever speaks last and whatever a turn leaves out: it ends with the opening of an
   * answer.
   *
   * @throws OwlException BAD_INPUT, field {@code turns} or {@code prompt}, if text exceeds 1 MiB of
   *     UTF-8
   */
  public Prompt layOut(List<Turn> turns) {
    TextLimit.check("turns", turns.stream().map(Turn::text).toList());
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
    return new Prompt(parts);
  }

  private static void check(List<Turn> turns) {
    if (turns.isEmpty()) {
      throw OwlException.badInput("turns", "there are none; expected a question at least");
    }
    for (int i = 0; i < turns.size(); i++) {
      check("turns[" + i + "]", turns.get(i));
    }
    if (turns.getLast().role() != Role.HUMAN) {
      throw OwlException.badInput(
          "turns[" + (turns.size() - 1) + "].role", "the last turn must be a human's");
    }
  }

  private static void check(String field, Turn turn) {
    if (turn.images() < 0) {
      throw OwlException.badInput(field + ".images", turn.images() + "; expected 0 or more");
    }
    if (turn.role() == Role.AI && turn.images() > 0) {
      throw OwlException.badInput(field + ".images", "only a human's turn may have images");
    }
    if (turn.role() == Role.HUMAN && turn.images() == 0 && turn.text().isEmpty()) {
      throw OwlException.badInput(field, "neither text nor image");
    }
    TextLimit.check(field + ".text", List.of(turn.text()));
  }
}
