// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image;

import io.owlmesh.model.image.codec.Picture;
import java.util.Arrays;

/**
 * Pillow's bicubic resize to a square, to the last bit: antialiased when it makes smaller, columns
 * first, rows second, 8 bits in between, weights in 22-bit fixed point (Resample.c of Pillow). Of a
 * picture that is cropped, only what stays is computed.
 */
public final class Bicubic {
  private static final double A = -0.5;
  private static final double SUPPORT = 2;
  private static final int PRECISION = 22;
  private static final int HALF = 1 << (PRECISION - 1);

  private Bicubic() {}

  /**
   * The picture as a square.
   *
   * @param size side of the result, pixels, at least 1
   * @return [size, size, 3]
   */
  public static byte[] resizeToSquare(Picture picture, int size) {
    return square(
        picture, Weights.of(picture.width(), size), Weights.of(picture.height(), size), size);
  }

  /** As above, keeping its shape: the short side becomes the size, the middle of the long stays. */
  static byte[] crop(Picture picture, int size) {
    return square(
        picture,
        cropped(picture.width(), picture.height(), size),
        cropped(picture.height(), picture.width(), size),
        size);
  }

  private static Weights cropped(int side, int other, int size) {
    long resized = side <= other ? size : (long) ((double) ((long) size * side) / other);
    return Weights.of(side, resized, (resized - size) / 2, size);
  }

  private static byte[] square(Picture picture, Weights across, Weights down, int size) {
    int top = down.start();
    int height = down.end() - top;
    byte[] columns = new byte[3 * size * height]; // [height, size, 3]
    for (int y = 0; y < height; y++) {
      across(picture.rgb(), 3 * picture.width() * (top + y), columns, 3 * size * y, across);
    }
    return rows(columns, top, down, size);
  }

  /** As above, with a frame of one colour that makes the picture a square first. */
  static byte[] pad(Picture picture, int size, int[] fill) {
    int side = Math.max(picture.width(), picture.height());
    int left = (side - picture.width()) / 2;
    int top = (side - picture.height()) / 2;
    Weights weights = Weights.of(side, size);
    byte[] framed = filled(side, fill);
    byte[] columns = filled(side * size, fill); // [side, size, 3]; weights of a row sum to one
    for (int y = 0; y < picture.height(); y++) {
      int row = 3 * picture.width();
      System.arraycopy(picture.rgb(), row * y, framed, 3 * left, row);
      across(framed, 0, columns, 3 * size * (top + y), weights);
    }
    return rows(columns, 0, weights, size);
  }

  private static byte[] filled(int pixels, int[] colour) {
    byte[] rgb = new byte[3 * pixels];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) colour[i % 3];
    }
    return rgb;
  }

  private static byte[] rows(byte[] columns, int top, Weights down, int size) {
    byte[] rows = new byte[3 * size * size]; // [size, size, 3]
    int[] sums = new int[3 * size];
    for (int y = 0; y < size; y++) {
      down(columns, top, rows, y, sums, down);
    }
    return rows;
  }

  private static void across(byte[] in, int inRow, byte[] out, int outRow, Weights weights) {
    int to = outRow;
    for (int x = 0; x < weights.first.length; x++) {
      int red = HALF;
      int green = HALF;
      int blue = HALF;
      int at = inRow + 3 * weights.first[x];
      for (int weight : weights.fixed[x]) {
        red += (in[at] & 0xff) * weight;
        green += (in[at + 1] & 0xff) * weight;
        blue += (in[at + 2] & 0xff) * weight;
        at += 3;
      }
      out[to] = clip(red);
      out[to + 1] = clip(green);
      out[to + 2] = clip(blue);
      to += 3;
    }
  }

  /** Sums whole rows at a time, so that memory is read in order. */
  private static void down(byte[] in, int top, byte[] out, int y, int[] sums, Weights weights) {
    Arrays.fill(sums, HALF);
    int at = (weights.first[y] - top) * sums.length;
    for (int weight : weights.fixed[y]) {
      for (int i = 0; i < sums.length; i++) {
        sums[i] += (in[at + i] & 0xff) * weight;
      }
      at += sums.length;
    }
    for (int i = 0; i < sums.length; i++) {
      out[y * sums.length + i] = clip(sums[i]);
    }
  }

  private static byte clip(int sum) {
    return (byte) Math.clamp(sum >> PRECISION, 0, 255);
  }

  /** For every output, the first input that counts, and the weights of it and those after it. */
  private static final class Weights {
    private final int[] first;
    private final int[][] fixed;

    private Weights(int outputs) {
      first = new int[outputs];
      fixed = new int[outputs][];
    }

    static Weights of(int inputs, int outputs) {
      return of(inputs, outputs, 0, outputs);
    }

    /** Those of some outputs. */
    static Weights of(int inputs, long outputs, long firstOutput, int count) {
      Weights weights = new Weights(count);
      double scale = (double) inputs / outputs;
      double stretch = Math.max(scale, 1);
      double support = SUPPORT * stretch;
      double inverse = 1 / stretch;
      for (int i = 0; i < count; i++) {
        double centre = (firstOutput + i + 0.5) * scale;
        int from = Math.max(0, (int) (centre - support + 0.5));
        int to = Math.min(inputs, (int) (centre + support + 0.5));
        double[] exact = new double[to - from];
        double sum = 0;
        for (int x = 0; x < exact.length; x++) {
          exact[x] = cubic((x + from - centre + 0.5) * inverse);
          sum += exact[x];
        }
        weights.first[i] = from;
        weights.fixed[i] = fixed(exact, sum);
      }
      return weights;
    }

    /** The first input that counts. */
    private int start() {
      return first[0];
    }

    /** The input after the last that counts. */
    private int end() {
      return first[first.length - 1] + fixed[first.length - 1].length;
    }

    private static int[] fixed(double[] exact, double sum) {
      int[] fixed = new int[exact.length];
      for (int x = 0; x < exact.length; x++) {
        double weight = exact[x] / sum * (1 << PRECISION);
        fixed[x] = (int) (weight < 0 ? weight - 0.5 : weight + 0.5);
      }
      return fixed;
    }

    private static double cubic(double signed) {
      double x = Math.abs(signed);
      if (x < 1) {
        return ((A + 2) * x - (A + 3)) * x * x + 1;
      }
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * A : 0;
    }
  }
}
