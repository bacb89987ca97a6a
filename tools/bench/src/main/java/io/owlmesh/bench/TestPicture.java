// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import com.google.protobuf.ByteString;
import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.Random;
import javax.imageio.ImageIO;

/** Photo-sized pictures, each another one: a picture seen before would be answered from a cache. */
public final class TestPicture {
  private static final int WIDTH = 640;
  private static final int HEIGHT = 480;
  private static final int SHAPES = 40;

  private TestPicture() {}

  /** A JPEG file of 640 x 480 pixels; the same for the same seed. */
  public static ByteString jpeg(long seed) {
    System.setProperty("java.awt.headless", "true");
    Random random = new Random(seed);
    BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
    Graphics2D pen = image.createGraphics();
    pen.setPaint(new GradientPaint(0, 0, colour(random), WIDTH, HEIGHT, colour(random)));
    pen.fillRect(0, 0, WIDTH, HEIGHT);
    for (int i = 0; i < SHAPES; i++) {
      pen.setColor(colour(random));
      int size = 20 + random.nextInt(120);
      pen.fillOval(random.nextInt(WIDTH), random.nextInt(HEIGHT), size, size);
    }
    pen.dispose();
    ByteString.Output file = ByteString.newOutput();
    try {
      ImageIO.write(image, "jpeg", file);
    } catch (IOException impossible) {
      // Memory is written to.
      throw new IllegalStateException(impossible);
    }
    return file.toByteString();
  }

  private static Color colour(Random random) {
    return new Color(random.nextInt(1 << 24));
  }
}
