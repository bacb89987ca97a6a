// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image;

import io.owlmesh.core.HostTensor;
import io.owlmesh.model.OwlConfig.Preprocessing;
import io.owlmesh.model.image.codec.Picture;

/** From a picture to the input of the vision encoder. Safe for use by several threads. */
public final class Preprocessor {
  private final int size;
  // [3, 256]: a channel has only 256 values, so each is computed once.
  private final float[][] values;

  /**
   * @param how side, means and deviations
   */
  public Preprocessor(Preprocessing how) {
    this.size = how.size();
    this.values =
        new float[][] {
          table(how.meanRed(), how.deviationRed()),
          table(how.meanGreen(), how.deviationGreen()),
          table(how.meanBlue(), how.deviationBlue())
        };
  }

  /** As the reference does: 1/255 and the product in float64, the rest in float32. */
  private static float[] table(float mean, float deviation) {
    float[] table = new float[256];
    for (int i = 0; i < table.length; i++) {
      float scaled = (float) (i * (1 / 255.0));
      table[i] = (scaled - mean) / deviation;
    }
    return table;
  }

  /**
   * Resizes the picture to a square and normalises it.
   *
   * @return float32 [3, size, size], channels R, G, B
   */
  public HostTensor process(Picture picture) {
    return normalise(Bicubic.resizeToSquare(picture, size));
  }

  /**
   * Normalises a picture that has the right size already.
   *
   * @param pixels [size, size, 3] unsigned
   * @return float32 [3, size, size], channels R, G, B
   */
  public HostTensor normalise(byte[] pixels) {
    int plane = size * size;
    float[] out = new float[3 * plane];
    for (int i = 0; i < plane; i++) {
      for (int c = 0; c < 3; c++) {
        out[c * plane + i] = values[c][pixels[3 * i + c] & 0xff];
      }
    }
    return HostTensor.ofFloats(out, 3, size, size);
  }
}
