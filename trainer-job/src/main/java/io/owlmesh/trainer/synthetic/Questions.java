// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.synthetic;

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

  /** Those that relate things to each other: they come more often, in both languages. */
  static final List<String> HARD =
      List.of(
          "place",
          "which_image",
          "which_image",
          "which_image",
          "follow_up",
          "colour",
          "shape",
          "colour",
          "shape");

  private static final String VISUAL = "visual";

  private final RandomGenerator random;
  private final Scenes scenes;

  Questions(RandomGenerator random, Scenes scenes) {
    this.random = random;
    this.scenes = scenes;
  }

  /** A dialogue of a skill, with new scenes. */
  SyntheticDialogue ask(String skill, Language language) {
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
      case "which_image" -> new SeveralImages(random, scenes).which(language);
      case "more_images" -> new SeveralImages(random, scenes).more();
      case "follow_up" -> new FollowUp(random, scenes).ask(language);
      case "one_word" -> oneWord();
      case "list" -> list();
      default -> throw new IllegalArgumentException(skill);
    };
  }

  static String ability(Language language, String own) {
    return language == Language.CHINESE ? "multilingual" : own;
  }

  private SyntheticDialogue describe(Language language) {
    Scene scene =
        switch (random.nextInt(4)) {
          case 0 -> scenes.single();
          case 1 -> scenes.pair();
          case 2 -> scenes.crowd();
          default -> scenes.word();
        };
    return SyntheticDialogue.of(
        "describe",
        ability(language, "instruction"),
        language,
        List.of(scene),
        language == Language.ENGLISH ? "What is in the picture?" : "图片里有什么？",
        scene.caption(language));
  }

  /** A single thing, or one of a pair. */
  private record Shown(Scene scene, Thing thing) {
    /** Of two things, one is harder to tell about than a thing that is alone. */
    String skill(String name) {
      return scene instanceof Scene.Pair ? name + "_of_two" : name;
    }
  }

  private Shown shown() {
    if (random.nextBoolean()) {
      Scene.Single single = scenes.single();
      return new Shown(single, single.thing());
    }
    Scene.Pair pair = scenes.pair();
    return new Shown(pair, random.nextBoolean() ? pair.first() : pair.second());
  }

  private SyntheticDialogue colour(Language language) {
    Shown shown = shown();
    String shape = shown.thing().shape().in(language);
    return SyntheticDialogue.of(
        shown.skill("colour"),
        ability(language, VISUAL),
        language,
        List.of(shown.scene()),
        language == Language.ENGLISH ? "What colour is the " + shape + "?" : shape + "是什么颜色？",
        language.sentence(shown.thing().colour().in(language)));
  }

  private SyntheticDialogue shape(Language language) {
    Shown shown = shown();
    String colour = shown.thing().colour().in(language);
    String shape = shown.thing().shape().in(language);
    return SyntheticDialogue.of(
        shown.skill("shape"),
        ability(language, VISUAL),
        language,
        List.of(shown.scene()),
        language == Language.ENGLISH
            ? "What shape is the " + colour + " thing?"
            : colour + "的东西是什么形状？",
        language.sentence(language == Language.ENGLISH ? "a " + shape : shape));
  }

  private SyntheticDialogue count(Language language) {
    Scene.Crowd crowd = scenes.crowd();
    Shape shape = crowd.things().getFirst().shape();
    return SyntheticDialogue.of(
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

  static String where(Scene.Pair pair, boolean ofFirst, Language language) {
    String other = (ofFirst ? pair.second() : pair.first()).name(language);
    return language.sentence(
        language == Language.ENGLISH
            ? pair.where(ofFirst, language) + " the " + other
            : "在" + other + "的" + pair.where(ofFirst, language));
  }

  private SyntheticDialogue place(Language language) {
    Scene.Pair pair = scenes.pair();
    boolean ofFirst = random.nextBoolean();
    String name = (ofFirst ? pair.first() : pair.second()).name(language);
    return SyntheticDialogue.of(
        "place",
        ability(language, VISUAL),
        language,
        List.of(pair),
        language == Language.ENGLISH ? "Where is the " + name + "?" : name + "在哪里？",
        where(pair, ofFirst, language));
  }

  private SyntheticDialogue compare() {
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
    return SyntheticDialogue.of(
        "compare", "reasoning", Language.ENGLISH, List.of(pair), question, reply);
  }

  private SyntheticDialogue word(Language language) {
    Scene.Sign sign = scenes.word();
    return SyntheticDialogue.of(
        "word",
        ability(language, "ocr"),
        language,
        List.of(sign),
        language == Language.ENGLISH ? "What does the sign say?" : "牌子上写着什么？",
        language == Language.ENGLISH ? sign.text() + "." : sign.text() + "。");
  }

  private SyntheticDialogue number() {
    Scene.Sign sign = scenes.number();
    return SyntheticDialogue.of(
        "number",
        "ocr",
        Language.ENGLISH,
        List.of(sign),
        "What number is on the sign?",
        sign.text() + ".");
  }

  private SyntheticDialogue table() {
    Scene.Table table = scenes.table();
    int row = random.nextInt(table.rows().size());
    int column = random.nextInt(table.rows().getFirst().size());
    return SyntheticDialogue.of(
        "table",
        "document",
        Language.ENGLISH,
        List.of(table),
        "What is in row %s, column %d?".formatted(Scene.Table.NAMES.charAt(row), column + 1),
        table.rows().get(row).get(column) + ".");
  }

  private SyntheticDialogue chart() {
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
    return SyntheticDialogue.of(
        "chart", "document", Language.ENGLISH, List.of(chart), question, reply);
  }

  private SyntheticDialogue oneWord() {
    Shown shown = shown();
    boolean colour = random.nextBoolean();
    Thing thing = shown.thing();
    return SyntheticDialogue.of(
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

  private SyntheticDialogue list() {
    Scene.Pair pair = scenes.pair();
    boolean colours = random.nextBoolean();
    return SyntheticDialogue.of(
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
