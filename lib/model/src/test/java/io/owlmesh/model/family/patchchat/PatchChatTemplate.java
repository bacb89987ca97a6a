// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family.patchchat;

import io.owlmesh.model.text.ChatTemplate;
import io.owlmesh.model.text.Prompt;
import java.util.ArrayList;
import java.util.List;

/** {@code USER: <image>question ASSISTANT: answer}, without a system sentence of its own. */
public final class PatchChatTemplate implements ChatTemplate {
  @Override
  public String name() {
    return "patch-chat";
  }

  @Override
  public String system() {
    return "";
  }

  @Override
  public String opening(Role role) {
    return role == Role.HUMAN ? "USER: " : " ASSISTANT: ";
  }

  @Override
  public List<Prompt.Part> layout(String system, List<Turn> turns) {
    List<Prompt.Part> parts = new ArrayList<>();
    parts.add(new Prompt.Text(system));
    for (Turn turn : turns) {
      parts.add(new Prompt.Text(opening(turn.role())));
      for (int i = 0; i < turn.images(); i++) {
        parts.add(new Prompt.Image());
      }
      parts.add(new Prompt.Text(turn.text()));
    }
    parts.add(new Prompt.Text(opening(Role.AI)));
    return parts;
  }
}
