// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.synthetic;

import java.util.HashMap;
import java.util.Map;

/** Letters and digits of five by seven dots, since machines differ in the fonts they have. */
final class Glyphs {
  static final int WIDTH = 5;
  static final int HEIGHT = 7;

  private static final String ORDER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

  // A row of dots for each glyph, seven rows one below the other; '#' is a dot.
  private static final String[] ROWS = {
    ".###. ####. .###. ####. ##### ##### .###. #...# .###. ..### #...# #.... #...# #...# .###."
        + " ####. .###. ####. .#### ##### #...# #...# #...# #...# #...# ##### .###. ..#.. .###."
        + " ####. ...#. ##### .###. ##### .###. .###.",
    "#...# #...# #...# #...# #.... #.... #...# #...# ..#.. ...#. #..#. #.... ##.## ##..# #...#"
        + " #...# #...# #...# #.... ..#.. #...# #...# #...# #...# #...# ....# #..## .##.. #...#"
        + " ....# ..##. #.... #.... ....# #...# #...#",
    "#...# #...# #.... #...# #.... #.... #.... #...# ..#.. ...#. #.#.. #.... #.#.# #.#.# #...#"
        + " #...# #...# #...# #.... ..#.. #...# #...# #...# .#.#. .#.#. ...#. #.#.# ..#.. ....#"
        + " ....# .#.#. ####. ####. ...#. #...# #...#",
    "##### ####. #.... #...# ####. ####. #..## ##### ..#.. ...#. ##... #.... #.#.# #..## #...#"
        + " ####. #...# ####. .###. ..#.. #...# .#.#. #.#.# ..#.. ..#.. ..#.. ##..# ..#.. ..##."
        + " .###. #..#. ....# #...# ..#.. .###. .####",
    "#...# #...# #.... #...# #.... #.... #...# #...# ..#.. ...#. #.#.. #.... #...# #...# #...#"
        + " #.... #.#.# #.#.. ....# ..#.. #...# .#.#. #.#.# .#.#. ..#.. .#... #...# ..#.. .#..."
        + " ....# ##### ....# #...# ..#.. #...# ....#",
    "#...# #...# #...# #...# #.... #.... #...# #...# ..#.. #..#. #..#. #.... #...# #...# #...#"
        + " #.... #..#. #..#. ....# ..#.. #...# .#.#. ##.## #...# ..#.. #.... #...# ..#.. #...."
        + " ....# ...#. #...# #...# .#... #...# ....#",
    "#...# ####. .###. ####. ##### #.... .###. #...# .###. .##.. #...# ##### #...# #...# .###."
        + " #.... .##.# #...# ####. ..#.. .###. ..#.. #...# #...# ..#.. ##### .###. .###. #####"
        + " ####. ...#. .###. .###. .#... .###. .###.",
  };

  private static final Map<Character, boolean[][]> DOTS = dots();

  private Glyphs() {}

  private static Map<Character, boolean[][]> dots() {
    Map<Character, boolean[][]> dots = new HashMap<>();
    for (int i = 0; i < ORDER.length(); i++) {
      boolean[][] glyph = new boolean[HEIGHT][WIDTH];
      for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
          glyph[y][x] = ROWS[y].charAt(i * (WIDTH + 1) + x) == '#';
        }
      }
      dots.put(ORDER.charAt(i), glyph);
    }
    return dots;
  }

  /** Whether there is a dot. */
  static boolean at(char glyph, int x, int y) {
    boolean[][] dots = DOTS.get(glyph);
    if (dots == null) {
      throw new IllegalArgumentException("no glyph for " + glyph);
    }
    return dots[y][x];
  }
}
