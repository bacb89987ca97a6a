// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.book;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Asks about scenes. Every question has one right reply. */
final class Questions {
  /** What can be asked about pictures. */
  static final List<String> SKILLS =
      List.of(
          "describe",
          "colour",
          "shape",
          "count",
          "place",
          "compare",
          "word",
          "number",
          "table",
          "chart",
          "which_image",
          "more_images",
          "follow_up",
          "one_word",
          "list");

  /** Of these, what can be asked in Chinese. */
  static final List<String> CHINESE =
      List.of("describe", "colour", "shape", "count", "place", "word", "which_image", "follow_up");

  private static final String VISUAL = "visual";

  private final RandomGenerator random;
  private final Scenes scenes;

  Questions(RandomGenerator random, Scenes scenes) {
    this.random = random;
    this.scenes = scenes;
  }

  /** A dialogue of a skill, with new scenes. */
  Dialogue ask(String skill, Language language) {
    return switch (skill) {
      case "describe" -> describe(language);
      case "colour" -> colour(language);
      case "shape" -> shape(language);
      case "count" -> count(language);
      case "place" -> place(language);
      case "compare" -> compare();
      case "word" -> word(language);
      case "number" -> number();
      case "table" -> table();
      case "chart" -> chart();
      case "which_image" -> whichImage(language);
      case "more_images" -> moreImages();
      case "follow_up" -> followUp(language);
      case "one_word" -> oneWord();
      case "list" -> list();
      default -> throw new IllegalArgumentException(skill);
    };
  }

  private static String ability(Language language, String own) {
    return language == Language.CHINESE ? "multilingual" : own;
  }

  private Dialogue describe(Language language) {
    Scene scene =
        switch (random.nextInt(4)) {
          case 0 -> scenes.single();
          case 1 -> scenes.pair();
          case 2 -> scenes.crowd();
          default -> scenes.word();
        };
    return Dialogue.of(
        "describe",
        ability(language, "instruction"),
        language,
        List.of(scene),
        language == Language.ENGLISH ? "What is in the picture?" : "图片里有什么？",
        scene.caption(language));
  }

  /** A single thing, or one of a pair. */
  private record Shown(Scene scene, Thing thing) {}

  private Shown shown() {
    if (random.nextInt(3) > 0) {
      Scene.Single single = scenes.single();
      return new Shown(single, single.thing());
    }
    Scene.Pair pair = scenes.pair();
    return new Shown(pair, random.nextBoolean() ? pair.first() : pair.second());
  }

  private Dialogue colour(Language language) {
    Shown shown = shown();
    String shape = shown.thing().shape().in(language);
    return Dialogue.of(
        "colour",
        ability(language, VISUAL),
        language,
        List.of(shown.scene()),
        language == Language.ENGLISH ? "What colour is the " + shape + "?" : shape + "是什么颜色？",
        language.sentence(shown.thing().colour().in(language)));
  }

  private Dialogue shape(Language language) {
    Shown shown = shown();
    String colour = shown.thing().colour().in(language);
    String shape = shown.thing().shape().in(language);
    return Dialogue.of(
        "shape",
        ability(language, VISUAL),
        language,
        List.of(shown.scene()),
        language == Language.ENGLISH
            ? "What shape is the " + colour + " thing?"
            : colour + "的东西是什么形状？",
        language.sentence(language == Language.ENGLISH ? "a " + shape : shape));
  }

  private Dialogue count(Language language) {
    Scene.Crowd crowd = scenes.crowd();
    Shape shape = crowd.things().getFirst().shape();
    return Dialogue.of(
        "count",
        ability(language, VISUAL),
        language,
        List.of(crowd),
        language == Language.ENGLISH
            ? "How many " + shape.plural() + " are there?"
            : "有几个" + shape.in(language) + "？",
        language.sentence(
            language.number(crowd.things().size(), language == Language.CHINESE)
                + (language == Language.CHINESE ? "个" : "")));
  }

  private static String where(Scene.Pair pair, boolean ofFirst, Language language) {
    String other = (ofFirst ? pair.second() : pair.first()).name(language);
    return language.sentence(
        language == Language.ENGLISH
            ? pair.where(ofFirst, language) + " the " + other
            : "在" + other + "的" + pair.where(ofFirst, language));
  }

  private Dialogue place(Language language) {
    Scene.Pair pair = scenes.pair();
    boolean ofFirst = random.nextBoolean();
    String name = (ofFirst ? pair.first() : pair.second()).name(language);
    return Dialogue.of(
        "place",
        ability(language, VISUAL),
        language,
        List.of(pair),
        language == Language.ENGLISH ? "Where is the " + name + "?" : name + "在哪里？",
        where(pair, ofFirst, language));
  }

  private Dialogue compare() {
    Scene.Pair pair = scenes.pair();
    boolean firstAsked = random.nextBoolean();
    Thing asked = firstAsked ? pair.first() : pair.second();
    Thing other = firstAsked ? pair.second() : pair.first();
    String reply;
    String question;
    if (asked.large() == other.large()) {
      question =
          "Are the %s and the %s of the same size?"
              .formatted(asked.shape().in(Language.ENGLISH), other.shape().in(Language.ENGLISH));
      reply = "Yes.";
    } else if (random.nextInt(3) == 0) {
      question =
          "Are the %s and the %s of the same size?"
              .formatted(asked.shape().in(Language.ENGLISH), other.shape().in(Language.ENGLISH));
      reply = "No.";
    } else {
      question =
          "Is the %s larger than the %s?"
              .formatted(asked.shape().in(Language.ENGLISH), other.shape().in(Language.ENGLISH));
      reply = asked.large() ? "Yes." : "No.";
    }
    return Dialogue.of("compare", "reasoning", Language.ENGLISH, List.of(pair), question, reply);
  }

  private Dialogue word(Language language) {
    Scene.Sign sign = scenes.word();
    return Dialogue.of(
        "word",
        ability(language, "ocr"),
        language,
        List.of(sign),
        language == Language.ENGLISH ? "What does the sign say?" : "牌子上写着什么？",
        language == Language.ENGLISH ? sign.text() + "." : sign.text() + "。");
  }

  private Dialogue number() {
    Scene.Sign sign = scenes.number();
    return Dialogue.of(
        "number",
        "ocr",
        Language.ENGLISH,
        List.of(sign),
        "What number is on the sign?",
        sign.text() + ".");
  }

  private Dialogue table() {
    Scene.Table table = scenes.table();
    int row = random.nextInt(table.rows().size());
    int column = random.nextInt(table.rows().getFirst().size());
    return Dialogue.of(
        "table",
        "document",
        Language.ENGLISH,
        List.of(table),
        "What is in row %s, column %d?".formatted(Scene.Table.NAMES.charAt(row), column + 1),
        table.rows().get(row).get(column) + ".");
  }

  private Dialogue chart() {
    Scene.Chart chart = scenes.chart();
    List<Integer> heights = chart.heights();
    int bar = random.nextInt(heights.size());
    String question;
    String reply;
    switch (random.nextInt(3)) {
      case 0 -> {
        question = "Which bar is the highest?";
        int highest = heights.stream().mapToInt(Integer::intValue).max().orElseThrow();
        reply = Scene.Table.NAMES.charAt(heights.indexOf(highest)) + ".";
      }
      case 1 -> {
        question = "Which bar is the lowest?";
        int lowest = heights.stream().mapToInt(Integer::intValue).min().orElseThrow();
        reply = Scene.Table.NAMES.charAt(heights.indexOf(lowest)) + ".";
      }
      default -> {
        question = "How high is bar " + Scene.Table.NAMES.charAt(bar) + "?";
        reply = heights.get(bar) + ".";
      }
    }
    return Dialogue.of("chart", "document", Language.ENGLISH, List.of(chart), question, reply);
  }

  private static String nth(int index, Language language) {
    return language == Language.ENGLISH
        ? List.of("The first.", "The second.", "The third.").get(index)
        : List.of("第一张。", "第二张。", "第三张。").get(index);
  }

  private Dialogue whichImage(Language language) {
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
    return Dialogue.of(
        "which_image",
        ability(language, "multi_image"),
        language,
        List.copyOf(shown),
        language == Language.ENGLISH ? "In which picture is the " + name + "?" : name + "在第几张图片里？",
        nth(asked, language));
  }

  private Dialogue moreImages() {
    while (true) {
      Scene.Crowd first = scenes.crowd();
      Scene.Crowd second = scenes.crowd();
      if (first.things().size() + first.others().size()
          != second.things().size() + second.others().size()) {
        boolean more =
            first.things().size() + first.others().size()
                > second.things().size() + second.others().size();
        return Dialogue.of(
            "more_images",
            "multi_image",
            Language.ENGLISH,
            List.of(first, second),
            "Which picture has more things?",
            nth(more ? 0 : 1, Language.ENGLISH));
      }
    }
  }

  private Dialogue followUp(Language language) {
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
                  where(pair, ofFirst, language));
        };
    return new Dialogue(
        "follow_up", ability(language, "multi_turn"), language, List.of(pair), turns);
  }

  private Dialogue oneWord() {
    Shown shown = shown();
    boolean colour = random.nextBoolean();
    Thing thing = shown.thing();
    return Dialogue.of(
        "one_word",
        "instruction",
        Language.ENGLISH,
        List.of(shown.scene()),
        colour
            ? "Answer with one word: what colour is the %s?"
                .formatted(thing.shape().in(Language.ENGLISH))
            : "Answer with one word: what shape is the %s thing?"
                .formatted(thing.colour().in(Language.ENGLISH)),
        colour ? thing.colour().in(Language.ENGLISH) : thing.shape().in(Language.ENGLISH));
  }

  private Dialogue list() {
    Scene.Pair pair = scenes.pair();
    boolean colours = random.nextBoolean();
    return Dialogue.of(
        "list",
        "instruction",
        Language.ENGLISH,
        List.of(pair),
        colours ? "List the colours only." : "List the shapes only.",
        Stream.of(pair.first(), pair.second())
            .map(t -> colours ? t.colour().in(Language.ENGLISH) : t.shape().in(Language.ENGLISH))
            .collect(Collectors.joining(", ")));
  }
}
