// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.synthetic;

import java.util.List;
import java.util.random.RandomGenerator;

/** Asks twice, the second time in words that only the first question explains. */
record FollowUp(RandomGenerator random, Scenes scenes) {
  SyntheticDialogue ask(Language language) {
    boolean english = language == Language.ENGLISH;
    Scene.Pair pair = scenes.pair();
    boolean ofFirst = random.nextBoolean();
    Thing asked = ofFirst ? pair.first() : pair.second();
    Thing other = ofFirst ? pair.second() : pair.first();
    String colour = asked.colour().in(language);
    String shape = asked.shape().in(language);
    List<String> turns =
        switch (random.nextInt(3)) {
          case 0 ->
              List.of(
                  english
                      ? "What is %s the %s?"
                          .formatted(pair.where(ofFirst, language), other.name(language))
                      : "%s的%s是什么？".formatted(other.name(language), pair.where(ofFirst, language)),
                  language.sentence(asked.one(language)),
                  english ? "Is it large or small?" : "它是大的还是小的？",
                  english
                      ? (asked.large() ? "Large." : "Small.")
                      : (asked.large() ? "大的。" : "小的。"));
          case 1 ->
              List.of(
                  english ? "What colour is the " + shape + "?" : shape + "是什么颜色？",
                  language.sentence(colour),
                  english ? "And the other one?" : "另一个呢？",
                  language.sentence(other.colour().in(language)));
          default ->
              List.of(
                  english ? "What shape is the " + colour + " thing?" : colour + "的东西是什么形状？",
                  language.sentence(english ? "a " + shape : shape),
                  english ? "Where is it?" : "它在哪里？",
                  Questions.where(pair, ofFirst, language));
        };
    return new SyntheticDialogue(
        "follow_up", Questions.ability(language, "multi_turn"), language, List.of(pair), turns);
  }
}
