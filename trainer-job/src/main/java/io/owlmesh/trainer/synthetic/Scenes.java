// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.synthetic;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;

/** Draws scenes: those for training, or those for the test, which share none. */
final class Scenes {
  private static final int TEST_SHARE = 10;
  private static final int HELD_SHARE = 12;
  private static final double SMALL = 7.5;
  private static final double LARGE = 14;
  private static final double SIGN_HEIGHT = 14;
  private static final double SIGN_LINE = 8;
  private static final int SIGN_STEP = 4;

  private final RandomGenerator random;
  private final boolean test;

  Scenes(RandomGenerator random, boolean test) {
    this.random = random;
    this.test = test;
  }

  Scene.Single single() {
    while (true) {
      Thing thing = thing(12, 52, 12, 52);
      Scene.Single scene = new Scene.Single(thing);
      if (belongs(scene) && (test || !held(thing, "alone"))) {
        return scene;
      }
    }
  }

  Scene.Pair pair() {
    while (true) {
      boolean sideways = random.nextBoolean();
      Thing first = sideways ? thing(13, 19, 16, 48) : thing(16, 48, 13, 19);
      Thing second = sideways ? thing(45, 51, 16, 48) : thing(16, 48, 45, 51);
      Scene.Pair scene = new Scene.Pair(first, second, sideways);
      boolean clear = first.shape() != second.shape() && first.colour() != second.colour();
      if (clear && belongs(scene) && (test || !heldOut(scene))) {
        return scene;
      }
    }
  }

  Scene.Crowd crowd() {
    while (true) {
      List<Integer> shuffled = new ArrayList<>(List.of(0, 1, 2, 3, 4, 5, 6, 7, 8));
      Collections.shuffle(shuffled, random);
      Iterator<Integer> cells = shuffled.iterator();
      Shape shape = pick(Shape.values());
      Colour colour = pick(Colour.values());
      List<Thing> things = new ArrayList<>();
      int count = random.nextInt(1, 6);
      for (int i = 0; i < count; i++) {
        things.add(small(shape, colour, cells.next()));
      }
      List<Thing> others = new ArrayList<>();
      Shape otherShape = pick(Shape.values());
      Colour otherColour = pick(Colour.values());
      int more = random.nextInt(0, 3);
      for (int i = 0; i < more; i++) {
        others.add(small(otherShape, otherColour, cells.next()));
      }
      Scene.Crowd scene = new Scene.Crowd(things, others);
      if (otherShape != shape && otherColour != colour && belongs(scene)) {
        return scene;
      }
    }
  }

  private Thing small(Shape shape, Colour colour, int cell) {
    double x = 11.5 + 20.5 * (cell % 3) + whole(-2, 2);
    double y = 11.5 + 20.5 * Math.floorDiv(cell, 3) + whole(-2, 2);
    return new Thing(shape, colour, false, x, y, SMALL);
  }

  private Thing thing(double left, double right, double top, double bottom) {
    boolean large = random.nextBoolean();
    double radius = (large ? LARGE : SMALL) + whole(-2, 2) / 2.0;
    double space = radius + 1;
    double x = Math.clamp(whole(left, right), space, 64 - space);
    double y = Math.clamp(whole(top, bottom), space, 64 - space);
    return new Thing(pick(Shape.values()), pick(Colour.values()), large, x, y, radius);
  }

  private int whole(double from, double to) {
    return random.nextInt((int) from, (int) to + 1);
  }

  private <T> T pick(T[] values) {
    return values[random.nextInt(values.length)];
  }

  Scene.Sign word() {
    while (true) {
      String word = random.nextInt(5) < 3 ? letters() : Words.any(random);
      if (isTestWord(word) == test) {
        return sign(word);
      }
    }
  }

  private String letters() {
    int length = random.nextInt(1, 6);
    StringBuilder word = new StringBuilder();
    for (int i = 0; i < length; i++) {
      word.append((char) ('A' + random.nextInt(26)));
    }
    return word.toString();
  }

  /** Whether a word is only asked for in the test. */
  static boolean isTestWord(String word) {
    // Single letters are in both: there are too few of them.
    return word.length() > 1 && share(word, TEST_SHARE);
  }

  Scene.Sign number() {
    while (true) {
      String number = String.valueOf(random.nextInt(1000));
      if (number.length() < 2 || share(number, TEST_SHARE) == test) {
        return sign(number);
      }
    }
  }

  /** Letters stand on lines: a small encoder knows each of them in few places of its patches. */
  private Scene.Sign sign(String text) {
    double width = Renderer.width(text, SIGN_HEIGHT / Glyphs.HEIGHT);
    int room = (int) Math.floorDiv((long) (58 - width), SIGN_STEP);
    double x = 3 + SIGN_STEP * (random.nextBoolean() ? 0 : random.nextInt(room + 1));
    double y = 9 + SIGN_LINE * random.nextInt(5);
    return new Scene.Sign(text, random.nextBoolean(), x, y, SIGN_HEIGHT);
  }

  Scene.Table table() {
    while (true) {
      int rows = random.nextInt(2, 4);
      int columns = random.nextInt(2, 4);
      List<List<Integer>> cells = new ArrayList<>();
      for (int i = 0; i < rows; i++) {
        cells.add(random.ints(columns, 0, 10).boxed().toList());
      }
      Scene.Table scene = new Scene.Table(List.copyOf(cells));
      if (belongs(scene)) {
        return scene;
      }
    }
  }

  Scene.Chart chart() {
    while (true) {
      List<Integer> heights = random.ints(random.nextInt(2, 5), 1, 10).boxed().toList();
      Scene.Chart scene = new Scene.Chart(heights);
      Set<Integer> different = new HashSet<>(heights);
      if (different.size() == heights.size() && belongs(scene)) {
        return scene;
      }
    }
  }

  /** Whether a scene, places included, is of this part of the book. */
  private boolean belongs(Scene scene) {
    return share(scene.toString(), TEST_SHARE) == test;
  }

  /** Whether training never shows something of a scene at this place. */
  static boolean heldOut(Scene scene) {
    return switch (scene) {
      case Scene.Single(Thing thing) -> held(thing, "alone");
      case Scene.Pair pair ->
          held(pair.first(), pair.where(true, Language.ENGLISH))
              || held(pair.second(), pair.where(false, Language.ENGLISH));
      case Scene.Crowd _, Scene.Sign _, Scene.Table _, Scene.Chart _ -> false;
    };
  }

  private static boolean held(Thing thing, String where) {
    return share(thing.name(Language.ENGLISH) + " " + where, HELD_SHARE);
  }

  /** One of so many texts, the same ones for ever. */
  private static boolean share(String text, int of) {
    int hash = text.hashCode() * 0x9E3779B9;
    return Math.floorMod(hash ^ hash >>> 15, of) == 0;
  }
}
