// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.synthetic;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** What a picture shows. Its caption tells all of it. */
sealed interface Scene {
  String caption(Language language);

  /** One thing. */
  record Single(Thing thing) implements Scene {
    @Override
    public String caption(Language language) {
      return language.sentence(thing.described(language));
    }
  }

  /**
   * Two things of different shapes and colours.
   *
   * @param first the one on the left, or above
   * @param sideways whether they stand side by side
   */
  record Pair(Thing first, Thing second, boolean sideways) implements Scene {
    @Override
    public String caption(Language language) {
      return language.sentence(
          language == Language.ENGLISH
              ? "%s %s %s"
                  .formatted(
                      first.described(language), where(true, language), second.described(language))
              : "%s在%s的%s"
                  .formatted(
                      first.described(language),
                      second.described(language),
                      where(true, language)));
    }

    /** Where one stands from the other: "left of" or 左边. */
    String where(boolean ofFirst, Language language) {
      if (language == Language.ENGLISH) {
        return sideways ? (ofFirst ? "left of" : "right of") : (ofFirst ? "above" : "below");
      }
      return sideways ? (ofFirst ? "左边" : "右边") : (ofFirst ? "上面" : "下面");
    }
  }

  /**
   * One to five alike things, and none to two alike ones of another shape and colour.
   *
   * @param others may be empty
   */
  record Crowd(List<Thing> things, List<Thing> others) implements Scene {
    @Override
    public String caption(Language language) {
      String some = things.getFirst().some(things.size(), language);
      if (others.isEmpty()) {
        return language.sentence(some);
      }
      String more = others.getFirst().some(others.size(), language);
      return language.sentence(some + (language == Language.ENGLISH ? " and " : "和") + more);
    }
  }

  /**
   * Letters or digits on a sign.
   *
   * @param dark letters on a light ground, or the other way round
   */
  record Sign(String text, boolean dark, double x, double y, double height) implements Scene {
    @Override
    public String caption(Language language) {
      return language == Language.ENGLISH ? "A sign: " + text + "." : "一个牌子：" + text + "。";
    }
  }

  /**
   * Digits in rows A, B, C and columns 1, 2, 3.
   *
   * @param rows digits 0 to 9
   */
  record Table(List<List<Integer>> rows) implements Scene {
    static final String NAMES = "ABCD";

    @Override
    public String caption(Language language) {
      List<String> parts = new ArrayList<>();
      for (int i = 0; i < rows.size(); i++) {
        parts.add(
            NAMES.charAt(i)
                + " "
                + rows.get(i).stream().map(String::valueOf).collect(Collectors.joining(" ")));
      }
      return language == Language.ENGLISH
          ? "A table: " + String.join(", ", parts) + "."
          : "一个表格：" + String.join("，", parts) + "。";
    }
  }

  /**
   * Bars A, B, C, D.
   *
   * @param heights 1 to 9, no two alike
   */
  record Chart(List<Integer> heights) implements Scene {
    @Override
    public String caption(Language language) {
      List<String> parts = new ArrayList<>();
      for (int i = 0; i < heights.size(); i++) {
        parts.add(Table.NAMES.charAt(i) + " " + heights.get(i));
      }
      return language == Language.ENGLISH
          ? "A chart: " + String.join(", ", parts) + "."
          : "一个图表：" + String.join("，", parts) + "。";
    }
  }
}
