// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.eval;

import io.owlmesh.core.OwlException;
import io.owlmesh.model.text.ChatTemplate.Role;
import io.owlmesh.model.text.ChatTemplate.Turn;
import io.owlmesh.model.text.DialogueText;
import io.owlmesh.trainer.data.TrainingSample;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A dialogue up to the reply that is asked for.
 *
 * @param turns the history with its true replies, then the question
 * @param images of all turns, in order
 * @param truth the right reply
 * @param labels skill, ability, language and the like
 */
public record EvalQuestion(
    String id,
    List<Turn> turns,
    List<TrainingSample.Image> images,
    String truth,
    Map<String, String> labels) {
  private static final String HUMAN = DialogueText.TEMPLATE.opening(Role.HUMAN);
  private static final String OPENINGS =
      Pattern.quote(HUMAN) + "|" + Pattern.quote(DialogueText.TEMPLATE.opening(Role.AI));
  private static final Pattern LINE =
      Pattern.compile("(%1$s)(.*?)(?=%1$s|\\z)".formatted(OPENINGS), Pattern.DOTALL);
  private static final String IMAGE = "<image>";

  /**
   * Takes the last reply of a dialogue as the truth.
   *
   * @throws OwlException BAD_INPUT if it does not end with one
   */
  public static EvalQuestion of(TrainingSample sample) {
    List<Turn> turns = new ArrayList<>();
    int images = 0;
    Matcher matcher = LINE.matcher(sample.text());
    while (matcher.find()) {
      boolean human = matcher.group(1).equals(HUMAN);
      String text = matcher.group(2);
      if (human && text.equals(IMAGE)) {
        images++;
      } else {
        turns.add(new Turn(human ? Role.HUMAN : Role.AI, text, human ? images : 0));
        images = human ? 0 : images;
      }
    }
    if (turns.size() < 2 || turns.getLast().role() != Role.AI) {
      throw OwlException.badInput("test", sample.key() + " does not end with a reply");
    }
    return new EvalQuestion(
        sample.labels().getOrDefault("id", sample.key()),
        List.copyOf(turns.subList(0, turns.size() - 1)),
        sample.images(),
        turns.getLast().text(),
        sample.labels());
  }

  /** A label; empty where the question has none. */
  public String label(String name) {
    return labels.getOrDefault(name, "");
  }
}
