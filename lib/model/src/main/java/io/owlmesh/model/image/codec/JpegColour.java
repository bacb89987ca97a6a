// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image.codec;

/** From the colours that JPEG stores to RGB, in the integer arithmetic of libjpeg and Pillow. */
public final class JpegColour {
  private static final int HALF = 1 << 15;

  // ITU-R BT.601 in 16-bit fixed point, by the value of Cb or Cr:
  // R = Y + 1.402 Cr, G = Y - 0.34414 Cb - 0.71414 Cr, B = Y + 1.772 Cb.
  private static final int[] CR_TO_RED = new int[256];
  private static final int[] CR_TO_GREEN = new int[256];
  private static final int[] CB_TO_GREEN = new int[256];
  private static final int[] CB_TO_BLUE = new int[256];

  static {
    for (int i = 0; i < 256; i++) {
      int x = i - 128;
      CR_TO_RED[i] = (fixed(1.40200) * x + HALF) >> 16;
      CB_TO_BLUE[i] = (fixed(1.77200) * x + HALF) >> 16;
      CR_TO_GREEN[i] = -fixed(0.71414) * x;
      CB_TO_GREEN[i] = -fixed(0.34414) * x + HALF;
    }
  }

  private JpegColour() {}

  private static int fixed(double value) {
    return (int) (value * (1 << 16) + 0.5);
  }

  /**
   * Converts YCbCr to RGB in place; {@code step} bytes a pixel, those after the third untouched.
   */
  static void toRgb(byte[] samples, int step) {
    for (int i = 0; i + 2 < samples.length; i += step) {
      int y = samples[i] & 0xff;
      int cb = samples[i + 1] & 0xff;
      int cr = samples[i + 2] & 0xff;
      samples[i] = clip(y + CR_TO_RED[cr]);
      samples[i + 1] = clip(y + ((CB_TO_GREEN[cb] + CR_TO_GREEN[cr]) >> 16));
      samples[i + 2] = clip(y + CB_TO_BLUE[cb]);
    }
  }

  /** [pixels] to [pixels, 3]. */
  static byte[] ofGrey(byte[] grey) {
    byte[] rgb = new byte[3 * grey.length];
    int out = 0;
    for (byte value : grey) {
      rgb[out] = value;
      rgb[out + 1] = value;
      rgb[out + 2] = value;
      out += 3;
    }
    return rgb;
  }

  /**
   * CMYK as Adobe stores it, inverted, to RGB: each of C, M, Y takes its share from what K leaves.
   *
   * @param samples [pixels, 4], changed on the way
   * @param isYcck whether the first three are YCbCr
   * @return [pixels, 3]
   */
  public static byte[] ofCmyk(byte[] samples, boolean isYcck) {
    if (isYcck) {
      toRgb(samples, 4);
    }
    // YCCK holds the opposite of CMY, so after conversion only plain CMYK has to be turned over.
    int turn = isYcck ? 0 : 255;
    byte[] rgb = new byte[samples.length / 4 * 3];
    int out = 0;
    for (int i = 0; i < samples.length; i += 4) {
      int left = samples[i + 3] & 0xff;
      for (int c = 0; c < 3; c++) {
        int share = (samples[i + c] & 0xff) ^ turn;
        rgb[out + c] = clip(left - multiply(share, left));
      }
      out += 3;
    }
    return rgb;
  }

  /** a b / 255, rounded. */
  private static int multiply(int a, int b) {
    int product = a * b + 128;
    return ((product >> 8) + product) >> 8;
  }

  private static byte clip(int value) {
    return (byte) Math.clamp(value, 0, 255);
  }
}
