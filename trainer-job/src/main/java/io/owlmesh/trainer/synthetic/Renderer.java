// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.synthetic;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.geom.Line2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.random.RandomGenerator;
import javax.imageio.ImageIO;

/** Paints scenes. All in 64ths of the picture's side, so that a book of any size looks the same. */
final class Renderer {
  private static final double UNIT = 64;
  private static final Color INK = new Color(0x202020);
  private static final Color PAPER = new Color(0xF4F4F0);
  private static final List<Integer> GROUNDS =
      List.of(0xA8A8A8, 0xB4ACA0, 0xA0AAB0, 0xB0B0B8, 0x9EAA9E);

  private static final List<Colour> BARS =
      List.of(Colour.RED, Colour.ORANGE, Colour.GREEN, Colour.BLUE, Colour.PURPLE, Colour.BLACK);

  static {
    ImageIO.setUseCache(false);
  }

  private final int side;

  Renderer(int side) {
    this.side = side;
  }

  /**
   * Paints a scene.
   *
   * @param random chooses the ground and colours that mean nothing
   * @return a PNG file
   */
  byte[] png(Scene scene, RandomGenerator random) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream(2048);
    ImageIO.write(image(scene, random), "png", out);
    return out.toByteArray();
  }

  BufferedImage image(Scene scene, RandomGenerator random) {
    BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    g.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    g.setTransform(AffineTransform.getScaleInstance(side / UNIT, side / UNIT));
    g.setColor(new Color(GROUNDS.get(random.nextInt(GROUNDS.size()))));
    g.fill(new Rectangle2D.Double(0, 0, UNIT, UNIT));
    switch (scene) {
      case Scene.Single(Thing thing) -> paint(g, thing);
      case Scene.Pair(Thing first, Thing second, _) -> {
        paint(g, first);
        paint(g, second);
      }
      case Scene.Crowd(List<Thing> things, List<Thing> others) -> {
        things.forEach(thing -> paint(g, thing));
        others.forEach(thing -> paint(g, thing));
      }
      case Scene.Sign sign -> paint(g, sign);
      case Scene.Table(List<List<Integer>> rows) -> paint(g, rows);
      case Scene.Chart(List<Integer> heights) -> bars(g, heights, random);
    }
    g.dispose();
    return image;
  }

  private static void paint(Graphics2D g, Thing thing) {
    g.setColor(new Color(thing.colour().rgb()));
    g.fill(thing.shape().outline(thing.x(), thing.y(), thing.radius()));
  }

  private static void paint(Graphics2D g, Scene.Sign sign) {
    double dot = sign.height() / Glyphs.HEIGHT;
    double width = width(sign.text(), dot);
    g.setColor(sign.dark() ? PAPER : INK);
    double edge = 2 * dot + 1;
    g.fill(
        new Rectangle2D.Double(
            sign.x() - edge, sign.y() - edge, width + 2 * edge, sign.height() + 2 * edge));
    g.setColor(sign.dark() ? INK : PAPER);
    letters(g, sign.text(), sign.x(), sign.y(), dot);
  }

  /** Of a text whose glyphs have dots of this side. */
  static double width(String text, double dot) {
    return (text.length() * (Glyphs.WIDTH + 1) - 1) * dot;
  }

  private static void letters(Graphics2D g, String text, double x, double y, double dot) {
    for (int i = 0; i < text.length(); i++) {
      for (int row = 0; row < Glyphs.HEIGHT; row++) {
        for (int column = 0; column < Glyphs.WIDTH; column++) {
          if (Glyphs.at(text.charAt(i), column, row)) {
            double left = x + (i * (Glyphs.WIDTH + 1) + column) * dot;
            // A little larger than a dot: neighbours must touch.
            g.fill(new Rectangle2D.Double(left, y + row * dot, dot + 0.05, dot + 0.05));
          }
        }
      }
    }
  }

  private static void paint(Graphics2D g, List<List<Integer>> rows) {
    int columns = rows.getFirst().size();
    double width = 60.0 / (columns + 1);
    double height = 60.0 / (rows.size() + 1);
    g.setColor(PAPER);
    g.fill(new Rectangle2D.Double(2, 2, 60, 60));
    g.setColor(INK);
    g.setStroke(new BasicStroke(0.7f));
    for (int i = 1; i <= columns; i++) {
      g.draw(new Line2D.Double(2 + i * width, 2, 2 + i * width, 62));
      letter(g, (char) ('0' + i), 2 + (i + 0.5) * width, 2 + 0.5 * height);
    }
    for (int i = 1; i <= rows.size(); i++) {
      g.draw(new Line2D.Double(2, 2 + i * height, 62, 2 + i * height));
      letter(g, Scene.Table.NAMES.charAt(i - 1), 2 + 0.5 * width, 2 + (i + 0.5) * height);
      for (int j = 1; j <= columns; j++) {
        char digit = (char) ('0' + rows.get(i - 1).get(j - 1));
        letter(g, digit, 2 + (j + 0.5) * width, 2 + (i + 0.5) * height);
      }
    }
  }

  private static void letter(Graphics2D g, char letter, double x, double y) {
    double dot = 1.3;
    letters(
        g, String.valueOf(letter), x - Glyphs.WIDTH * dot / 2, y - Glyphs.HEIGHT * dot / 2, dot);
  }

  private static void bars(Graphics2D g, List<Integer> heights, RandomGenerator random) {
    g.setColor(PAPER);
    g.fill(new Rectangle2D.Double(2, 2, 60, 60));
    double unit = 4.5;
    double floor = 48;
    g.setColor(new Color(0xC8C8C8));
    g.setStroke(new BasicStroke(0.4f));
    for (int i = 0; i <= 9; i++) {
      g.draw(new Line2D.Double(2, floor - i * unit, 62, floor - i * unit));
    }
    Color paint = new Color(BARS.get(random.nextInt(BARS.size())).rgb());
    double width = 60.0 / heights.size();
    for (int i = 0; i < heights.size(); i++) {
      double height = heights.get(i) * unit;
      g.setColor(paint);
      g.fill(new Rectangle2D.Double(2 + (i + 0.22) * width, floor - height, width * 0.56, height));
      g.setColor(INK);
      letter(g, Scene.Table.NAMES.charAt(i), 2 + (i + 0.5) * width, 55.5);
    }
  }
}
