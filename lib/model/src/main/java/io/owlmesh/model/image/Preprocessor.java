// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image;

import io.owlmesh.core.HostTensor;
import io.owlmesh.model.image.codec.Picture;

/** Makes pictures squares and normalises them. */
public final class Preprocessor implements ImageProcessor {
  private final Preprocessing how;
  private final int size;
  // [3, 256]: a channel has only 256 values, so each is computed once.
  private final float[][] values;

  public Preprocessor(Preprocessing how) {
    this.how = how;
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

  @Override
  public int size() {
    return size;
  }

  @Override
  public HostTensor process(Picture picture) {
    return normalise(square(picture, size));
  }

  @Override
  public byte[] square(Picture picture, int side) {
    return switch (how.fit()) {
      case SQUASH -> Bicubic.resizeToSquare(picture, side);
      case CROP -> Bicubic.crop(picture, side);
      case PAD -> Bicubic.pad(picture, side, how.fill());
    };
  }

  @Override
  public String contentKey(Picture picture) {
    return ContentKey.of(picture, how);
  }

  @Override
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
