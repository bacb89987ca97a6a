// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

import io.owlmesh.model.text.ChatTemplate.Role;

/** How dialogues are written in data sets: as the authors of mPLUG-Owl wrote theirs. */
public final class DialogueText {
  /** The layout. */
  public static final ChatTemplate TEMPLATE =
      ChatTemplates.named("mplug-owl")
          .orElseThrow(() -> new IllegalStateException("mPLUG-Owl is not on the class path"));

  private DialogueText() {}

  /** What a line begins with in which this one speaks. */
  public static String speaker(Role role) {
    return TEMPLATE.opening(role).stripLeading();
  }
}
