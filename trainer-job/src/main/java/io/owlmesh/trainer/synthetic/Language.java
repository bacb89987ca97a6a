// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.synthetic;

import java.util.List;

/** What is spoken. */
enum Language {
  ENGLISH("en", "one", "two", "three", "four", "five", "six"),
  CHINESE("zh", "一", "二", "三", "四", "五", "六");

  private final String code;

  // List.of is immutable, which the checker cannot know.
  @SuppressWarnings("ImmutableEnumChecker")
  private final List<String> numbers;

  Language(String code, String... numbers) {
    this.code = code;
    this.numbers = List.of(numbers);
  }

  String code() {
    return code;
  }

  /** A number from 1 to 6 as a word; two things are 两 in Chinese. */
  String number(int count, boolean ofThings) {
    return this == CHINESE && ofThings && count == 2 ? "两" : numbers.get(count - 1);
  }

  /** A sentence: its first letter large, a full stop behind. */
  String sentence(String words) {
    return this == CHINESE
        ? words + "。"
        : Character.toUpperCase(words.charAt(0)) + words.substring(1) + ".";
  }
}
