// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.synthetic;

import java.awt.geom.Area;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;

/** What things are. */
enum Shape {
  CIRCLE("circle", "圆形"),
  SQUARE("square", "方形"),
  TRIANGLE("triangle", "三角形"),
  STAR("star", "星形"),
  CROSS("cross", "十字形"),
  RING("ring", "环形");

  private static final int POINTS = 5;

  private final String english;
  private final String chinese;

  Shape(String english, String chinese) {
    this.english = english;
    this.chinese = chinese;
  }

  String in(Language language) {
    return language == Language.ENGLISH ? english : chinese;
  }

  String plural() {
    return this == CROSS ? "crosses" : english + "s";
  }

  /** Its outline around a centre. */
  java.awt.Shape outline(double x, double y, double radius) {
    return switch (this) {
      case CIRCLE -> disc(x, y, radius);
      case SQUARE -> box(x, y, radius * 0.88, radius * 0.88);
      case TRIANGLE -> star(x, y + radius * 0.15, radius * 1.1, radius * 0.55, 3);
      case STAR -> star(x, y, radius * 1.12, radius * 0.46, POINTS);
      case CROSS -> {
        Area cross = new Area(box(x, y, radius, radius * 0.34));
        cross.add(new Area(box(x, y, radius * 0.34, radius)));
        yield cross;
      }
      case RING -> {
        Area ring = new Area(disc(x, y, radius));
        ring.subtract(new Area(disc(x, y, radius * 0.55)));
        yield ring;
      }
    };
  }

  private static java.awt.Shape disc(double x, double y, double radius) {
    return new Ellipse2D.Double(x - radius, y - radius, 2 * radius, 2 * radius);
  }

  private static java.awt.Shape box(double x, double y, double across, double down) {
    return new Rectangle2D.Double(x - across, y - down, 2 * across, 2 * down);
  }

  private static java.awt.Shape star(double x, double y, double outer, double inner, int points) {
    Path2D path = new Path2D.Double();
    for (int i = 0; i < 2 * points; i++) {
      double angle = Math.PI * i / points - Math.PI / 2;
      double radius = i % 2 == 0 ? outer : inner;
      double px = x + radius * StrictMath.cos(angle);
      double py = y + radius * StrictMath.sin(angle);
      if (i == 0) {
        path.moveTo(px, py);
      } else {
        path.lineTo(px, py);
      }
    }
    path.closePath();
    return path;
  }
}
