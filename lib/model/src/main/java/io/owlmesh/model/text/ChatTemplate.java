// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

import io.owlmesh.core.OwlException;
import java.util.List;

/** How a family of models lays out a dialogue that its model is to continue. */
public interface ChatTemplate {
  /** Who speaks. */
  enum Role {
    HUMAN,
    AI
  }

  /**
   * One turn of a dialogue.
   *
   * @param text what is said; text that spells {@code <image>} stays text; may be empty
   * @param images how many images come with it, before the text; none for the AI
   */
  record Turn(Role role, String text, int images) {}

  /** What the stages call it. */
  String name();

  /** The system sentence where none is given; may be empty. */
  String system();

  /** Texts that end an answer, because the model writes them where another turn would begin. */
  default List<String> stops() {
    return List.of();
  }

  /** What opens a turn in the text of training data. */
  String opening(Role role);

  /** What stands between the end of a prompt and the answer's text, which an answer begins with. */
  default String beforeAnswer() {
    return "";
  }

  /** The parts of a prompt; the turns have passed all checks. */
  List<Prompt.Part> layout(String system, List<Turn> turns);

  /** As {@link #prompt(String, List)}, with the template's own system sentence. */
  default Prompt prompt(List<Turn> turns) {
    return prompt(system(), turns);
  }

  /**
   * Lays out a dialogue.
   *
   * @param system what the conversation is, before all turns
   * @param turns from the first to the question to be answered
   * @throws OwlException BAD_INPUT naming {@code turns} or {@code turns[i].…}: there is none, the
   *     last is not a human's, the AI shows images, a human turn holds neither text nor image, or
   *     text exceeds 1 MiB of UTF-8
   */
  default Prompt prompt(String system, List<Turn> turns) {
    TurnCheck.check(turns);
    return continued(system, turns);
  }

  /**
   * Lays out a dialogue whoever speaks last and whatever a turn leaves out; it ends with the
   * opening of an answer.
   *
   * @throws OwlException BAD_INPUT, field {@code turns} or {@code prompt}, if text exceeds 1 MiB of
   *     UTF-8
   */
  default Prompt continued(String system, List<Turn> turns) {
    TextLimit.check("turns", turns.stream().map(Turn::text).toList());
    return new Prompt(layout(system, turns));
  }
}
