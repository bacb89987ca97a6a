// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image;

import io.owlmesh.model.image.codec.Picture;
import java.util.Arrays;

/**
 * Pillow's bicubic resize to a square, to the last bit: antialiased when it makes smaller, columns
 * first, rows second, 8 bits in between, weights in 22-bit fixed point (Resample.c of Pillow). The
 * aspect ratio is not kept.
 */
public final class Bicubic {
  private static final double A = -0.5;
  private static final double SUPPORT = 2;
  private static final int PRECISION = 22;
  private static final int HALF = 1 << (PRECISION - 1);

  private Bicubic() {}

  /**
   * The picture, resized.
   *
   * @param size side of the result, pixels, at least 1
   * @return [size, size, 3]
   */
  public static byte[] resizeToSquare(Picture picture, int size) {
    int height = picture.height();
    Weights across = Weights.of(picture.width(), size);
    Weights down = Weights.of(height, size);
    byte[] columns = new byte[3 * size * height]; // [height, size, 3]
    for (int y = 0; y < height; y++) {
      across(picture.rgb(), 3 * picture.width() * y, columns, 3 * size * y, across);
    }
    byte[] rows = new byte[3 * size * size]; // [size, size, 3]
    int[] sums = new int[3 * size];
    for (int y = 0; y < size; y++) {
      down(columns, rows, y, sums, down);
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
  private static void down(byte[] in, byte[] out, int y, int[] sums, Weights weights) {
    Arrays.fill(sums, HALF);
    int at = weights.first[y] * sums.length;
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
      Weights weights = new Weights(outputs);
      double scale = (double) inputs / outputs;
      double stretch = Math.max(scale, 1);
      double support = SUPPORT * stretch;
      double inverse = 1 / stretch;
      for (int i = 0; i < outputs; i++) {
        double centre = (i + 0.5) * scale;
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
