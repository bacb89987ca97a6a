// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family.blip;

import io.owlmesh.model.text.ChatTemplate;
import io.owlmesh.model.text.Prompt;
import java.util.List;

/**
 * InstructBLIP's layout: all images and the bare question, before which stands the end of a
 * sequence, as in its training.
 */
public final class InstructBlipTemplate implements ChatTemplate {
  static final String NAME = "instructblip";

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
    return "";
  }

  @Override
  public List<Prompt.Part> layout(String system, List<Turn> turns) {
    return Blip2Template.imagesFirst("</s>", system, turns);
  }
}
