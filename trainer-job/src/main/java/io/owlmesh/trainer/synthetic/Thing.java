// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.synthetic;

/**
 * A coloured shape at a place.
 *
 * @param x of its centre, in 64ths of the picture's side
 * @param y of its centre, from above
 * @param radius in the same unit
 */
record Thing(Shape shape, Colour colour, boolean large, double x, double y, double radius) {
  /** For example "red circle". */
  String name(Language language) {
    return language == Language.ENGLISH
        ? colour.in(language) + " " + shape.in(language)
        : colour.in(language) + shape.in(language);
  }

  String size(Language language) {
    return language == Language.ENGLISH ? (large ? "large" : "small") : (large ? "大" : "小");
  }

  /** For example "a large red circle". */
  String described(Language language) {
    return some(1, language);
  }

  /** For example "three small green stars". */
  String some(int count, Language language) {
    if (language == Language.CHINESE) {
      return language.number(count, true) + "个" + size(language) + "的" + name(language);
    }
    if (count == 1) {
      return "a " + size(language) + " " + name(language);
    }
    return language.number(count, true)
        + " "
        + size(language)
        + " "
        + colour.in(language)
        + " "
        + shape.plural();
  }

  /** For example "a red circle". */
  String one(Language language) {
    if (language == Language.CHINESE) {
      return "一个" + name(language);
    }
    return (colour == Colour.ORANGE ? "an " : "a ") + name(language);
  }
}
