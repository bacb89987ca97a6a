// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.synthetic;

/** What things are painted in. */
enum Colour {
  RED("red", "红色", 0xD62020),
  ORANGE("orange", "橙色", 0xF28A10),
  YELLOW("yellow", "黄色", 0xF5E11C),
  GREEN("green", "绿色", 0x1F9A38),
  BLUE("blue", "蓝色", 0x2343D8),
  PURPLE("purple", "紫色", 0x8A2BB5),
  BLACK("black", "黑色", 0x141414),
  WHITE("white", "白色", 0xFFFFFF);

  private final String english;
  private final String chinese;
  private final int rgb;

  Colour(String english, String chinese, int rgb) {
    this.english = english;
    this.chinese = chinese;
    this.rgb = rgb;
  }

  String in(Language language) {
    return language == Language.ENGLISH ? english : chinese;
  }

  /** 0xRRGGBB. */
  int rgb() {
    return rgb;
  }
}
