// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.synthetic;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** Asks what only a look at two or three pictures can tell. */
record SeveralImages(RandomGenerator random, Scenes scenes) {
  private static String nth(int index, Language language) {
    return language == Language.ENGLISH
        ? List.of("The first.", "The second.", "The third.").get(index)
        : List.of("第一张。", "第二张。", "第三张。").get(index);
  }

  /** In which one something is. */
  SyntheticDialogue which(Language language) {
    List<Scene.Single> shown = new ArrayList<>();
    int count = random.nextInt(2, 4);
    while (shown.size() < count) {
      Scene.Single next = scenes.single();
      boolean alike =
          shown.stream()
              .anyMatch(s ->
                  s.thing().shape() == next.thing().shape()
                      && s.thing().colour() == next.thing().colour());
      if (!alike) {
        shown.add(next);
      }
    }
    int asked = random.nextInt(count);
    String name = shown.get(asked).thing().name(language);
    return SyntheticDialogue.of(
        "which_image",
        Questions.ability(language, "multi_image"),
        language,
        List.copyOf(shown),
        language == Language.ENGLISH ? "In which picture is the " + name + "?" : name + "在第几张图片里？",
        nth(asked, language));
  }

  /** Which one has more in it. */
  SyntheticDialogue more() {
    while (true) {
      Scene.Crowd first = scenes.crowd();
      Scene.Crowd second = scenes.crowd();
      if (first.things().size() + first.others().size()
          != second.things().size() + second.others().size()) {
        boolean more =
            first.things().size() + first.others().size()
                > second.things().size() + second.others().size();
        return SyntheticDialogue.of(
            "more_images",
            "multi_image",
            Language.ENGLISH,
            List.of(first, second),
            "Which picture has more things?",
            nth(more ? 0 : 1, Language.ENGLISH));
      }
    }
  }
}
