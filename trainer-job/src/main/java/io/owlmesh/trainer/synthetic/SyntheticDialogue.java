// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.synthetic;

import static io.owlmesh.model.text.DialogueText.speaker;

import io.owlmesh.model.text.ChatTemplate.Role;
import io.owlmesh.model.text.DialogueText;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Questions with their replies about no, one or several scenes.
 *
 * @param skill what it takes to know the last reply
 * @param ability the kind of that skill
 * @param turns question, reply, question, reply
 */
record SyntheticDialogue(
    String skill, String ability, Language language, List<Scene> scenes, List<String> turns) {
  static SyntheticDialogue of(
      String skill, String ability, Language language, List<Scene> scenes, String... turns) {
    return new SyntheticDialogue(skill, ability, language, scenes, Arrays.asList(turns));
  }

  /** With a place for each picture. */
  String text() {
    return lines(DialogueText.TEMPLATE.system(), scenes.stream().map(_ -> "<image>").toList());
  }

  /**
   * With a description where a picture would be.
   *
   * @param system whether the system sentence opens it
   */
  String textOnly(boolean system, Language described) {
    return lines(
        system ? DialogueText.TEMPLATE.system() : "",
        scenes.stream().map(scene -> scene.caption(described)).toList());
  }

  private String lines(String system, List<String> shown) {
    List<String> lines = new ArrayList<>();
    if (!system.isEmpty()) {
      lines.add(system);
    }
    shown.forEach(line -> lines.add(speaker(Role.HUMAN) + line));
    for (int i = 0; i < turns.size(); i++) {
      lines.add(speaker(i % 2 == 0 ? Role.HUMAN : Role.AI) + turns.get(i));
    }
    return String.join("\n", lines);
  }
}
