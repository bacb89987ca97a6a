// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.synthetic;

import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/** Asks what needs no picture. */
final class TextQuestions {
  static final List<String> SKILLS =
      List.of(
          "text_arithmetic",
          "text_larger",
          "text_opposite",
          "text_next",
          "text_spell",
          "text_kind",
          "text_colour");

  /** Of these, what can be asked in Chinese. */
  static final List<String> CHINESE = List.of("text_arithmetic", "text_colour");

  private static final String KNOWLEDGE = "knowledge";
  private static final String REASONING = "reasoning";

  private static final List<List<String>> OPPOSITES =
      List.of(
          List.of("hot", "cold"),
          List.of("large", "small"),
          List.of("fast", "slow"),
          List.of("up", "down"),
          List.of("left", "right"),
          List.of("open", "shut"),
          List.of("wet", "dry"),
          List.of("old", "new"),
          List.of("happy", "sad"),
          List.of("loud", "quiet"),
          List.of("day", "night"),
          List.of("black", "white"),
          List.of("first", "last"),
          List.of("high", "low"),
          List.of("above", "below"));

  private static final List<List<String>> ROWS =
      List.of(
          List.of("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
          List.of(
              "January",
              "February",
              "March",
              "April",
              "May",
              "June",
              "July",
              "August",
              "September",
              "October",
              "November",
              "December"),
          List.of("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"));

  private static final Map<String, List<String>> KINDS =
      Map.of(
          "a bird", List.of("hawk", "crow", "duck", "swan", "gull"),
          "a fruit", List.of("pear", "plum", "peach", "lemon", "melon"),
          "a tree", List.of("pine", "birch", "maple", "fir", "beech"),
          "a number", List.of("seven", "twelve", "forty", "nine", "three"));

  private static final List<List<String>> COLOURS =
      List.of(
          List.of("grass", "green", "草", "绿色"),
          List.of("snow", "white", "雪", "白色"),
          List.of("the sky", "blue", "天空", "蓝色"),
          List.of("coal", "black", "煤", "黑色"),
          List.of("blood", "red", "血", "红色"),
          List.of("a lemon", "yellow", "柠檬", "黄色"),
          List.of("a carrot", "orange", "胡萝卜", "橙色"));

  private final RandomGenerator random;
  private final boolean test;

  TextQuestions(RandomGenerator random, boolean test) {
    this.random = random;
    this.test = test;
  }

  SyntheticDialogue ask(String skill, Language language) {
    return switch (skill) {
      case "text_arithmetic" -> arithmetic(language);
      case "text_larger" -> larger();
      case "text_opposite" -> opposite();
      case "text_next" -> next();
      case "text_spell" -> spell();
      case "text_kind" -> kind();
      case "text_colour" -> colour(language);
      default -> throw new IllegalArgumentException(skill);
    };
  }

  private static SyntheticDialogue english(
      String skill, String ability, String question, String reply) {
    return SyntheticDialogue.of(skill, ability, Language.ENGLISH, List.of(), question, reply);
  }

  /** Sums and differences of the test are never asked in training. */
  private SyntheticDialogue arithmetic(Language language) {
    while (true) {
      int a = random.nextInt(0, 21);
      int b = random.nextInt(0, 21);
      boolean sum = random.nextBoolean();
      if (((a * 7 + b * 13 + (sum ? 3 : 0)) % 10 == 0) == test && (sum ? a + b <= 20 : a >= b)) {
        int result = sum ? a + b : a - b;
        return language == Language.ENGLISH
            ? english(
                "text_arithmetic",
                REASONING,
                "What is %d %s %d?".formatted(a, sum ? "plus" : "minus", b),
                result + ".")
            : SyntheticDialogue.of(
                "text_arithmetic",
                "multilingual",
                language,
                List.of(),
                "%d%s%d等于几？".formatted(a, sum ? "加" : "减", b),
                result + "。");
      }
    }
  }

  private SyntheticDialogue larger() {
    while (true) {
      int a = random.nextInt(100);
      int b = random.nextInt(100);
      if (a != b && (Math.floorMod(a * 31 + b * 17, 10) == 0) == test) {
        return english(
            "text_larger",
            REASONING,
            "Which is larger, %d or %d?".formatted(a, b),
            Math.max(a, b) + ".");
      }
    }
  }

  private SyntheticDialogue opposite() {
    List<String> pair = OPPOSITES.get(random.nextInt(OPPOSITES.size()));
    int asked = random.nextInt(2);
    return english(
        "text_opposite",
        KNOWLEDGE,
        "What is the opposite of " + pair.get(asked) + "?",
        Language.ENGLISH.sentence(pair.get(1 - asked)));
  }

  private SyntheticDialogue next() {
    List<String> row = ROWS.get(random.nextInt(ROWS.size()));
    int at = random.nextInt(row.size() - 1);
    boolean after = random.nextBoolean();
    return english(
        "text_next",
        KNOWLEDGE,
        "What comes %s %s?".formatted(after ? "after" : "before", row.get(after ? at : at + 1)),
        Language.ENGLISH.sentence(row.get(after ? at + 1 : at)));
  }

  private SyntheticDialogue spell() {
    while (true) {
      String word = Words.any(random);
      if (Scenes.isTestWord(word) == test) {
        return english(
            "text_spell", "instruction", "Spell " + word + ".", String.join(" ", word.split("")));
      }
    }
  }

  private SyntheticDialogue kind() {
    List<String> kinds = KINDS.keySet().stream().sorted().toList();
    String kind = kinds.get(random.nextInt(kinds.size()));
    String asked = random.nextBoolean() ? kind : kinds.get(random.nextInt(kinds.size()));
    List<String> things = KINDS.getOrDefault(kind, List.of());
    String thing = things.get(random.nextInt(things.size()));
    String some = kind.equals("a number") ? thing : "a " + thing;
    return english(
        "text_kind",
        KNOWLEDGE,
        "Is %s %s?".formatted(some, asked),
        asked.equals(kind) ? "Yes." : "No.");
  }

  private SyntheticDialogue colour(Language language) {
    List<String> known = COLOURS.get(random.nextInt(COLOURS.size()));
    return language == Language.ENGLISH
        ? english(
            "text_colour",
            KNOWLEDGE,
            "What colour is " + known.get(0) + "?",
            Language.ENGLISH.sentence(known.get(1)))
        : SyntheticDialogue.of(
            "text_colour",
            "multilingual",
            language,
            List.of(),
            known.get(2) + "是什么颜色？",
            known.get(3) + "。");
  }
}
