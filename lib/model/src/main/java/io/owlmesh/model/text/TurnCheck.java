// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

import io.owlmesh.core.OwlException;
import io.owlmesh.model.text.ChatTemplate.Role;
import io.owlmesh.model.text.ChatTemplate.Turn;
import java.util.List;

/** Refuses dialogues that no template can lay out. */
final class TurnCheck {
  private TurnCheck() {}

  /**
   * Checks a dialogue.
   *
   * @throws OwlException BAD_INPUT naming {@code turns} or {@code turns[i].…}
   */
  static void check(List<Turn> turns) {
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
    TextLimit.check("turns", turns.stream().map(Turn::text).toList());
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
