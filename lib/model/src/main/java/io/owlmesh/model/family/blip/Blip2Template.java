// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family.blip;

import io.owlmesh.model.text.ChatTemplate;
import io.owlmesh.model.text.Prompt;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** BLIP-2's layout, which knows no dialogues: all images, the start of a sequence, all text. */
public final class Blip2Template implements ChatTemplate {
  static final String NAME = "blip-2";

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
      case HUMAN -> "Question: ";
      case AI -> " Answer: ";
    };
  }

  @Override
  public List<Prompt.Part> layout(String system, List<Turn> turns) {
    return imagesFirst("<s>", system, turns);
  }

  static List<Prompt.Part> imagesFirst(String start, String system, List<Turn> turns) {
    List<Prompt.Part> parts = new ArrayList<>();
    for (Turn turn : turns) {
      for (int i = 0; i < turn.images(); i++) {
        parts.add(new Prompt.Image());
      }
    }
    parts.add(new Prompt.Mark(start));
    parts.add(
        new Prompt.Text(
            Stream.concat(Stream.of(system), turns.stream().map(Turn::text))
                .filter(text -> !text.isEmpty())
                .collect(Collectors.joining(" "))));
    return parts;
  }
}
