// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.data;

import io.owlmesh.model.image.Bicubic;
import io.owlmesh.model.image.codec.Picture;
import java.util.random.RandomGenerator;

/**
 * How pictures vary while they are learnt: a random part of the picture is resized to the square,
 * as torchvision's RandomResizedCrop draws it, then mirrored half of the time.
 *
 * @param crop least share of the area that is kept; 0 to keep the whole picture
 * @param flip whether pictures are mirrored, which mirrors text in them too
 */
public record Augmentation(double crop, boolean flip) {
  /** As at inference: the whole picture, resized. */
  public static final Augmentation NONE = new Augmentation(0, false);

  private static final int ATTEMPTS = 10;
  private static final double NARROWEST = 3 / 4.0;
  private static final double WIDEST = 4 / 3.0;

  /**
   * The picture as a square.
   *
   * @param size side of the result, pixels
   * @return [size, size, 3]
   */
  byte[] apply(Picture picture, int size, RandomGenerator random) {
    Picture part = crop > 0 ? cropped(picture, random) : picture;
    byte[] square = Bicubic.resizeToSquare(part, size);
    if (flip && random.nextBoolean()) {
      mirror(square, size);
    }
    return square;
  }

  private Picture cropped(Picture picture, RandomGenerator random) {
    double area = (double) picture.width() * picture.height();
    for (int i = 0; i < ATTEMPTS; i++) {
      double wanted = area * random.nextDouble(crop, Math.nextUp(1.0));
      double ratio =
          Math.exp(random.nextDouble(Math.log(NARROWEST), Math.nextUp(Math.log(WIDEST))));
      int width = (int) Math.round(Math.sqrt(wanted * ratio));
      int height = (int) Math.round(Math.sqrt(wanted / ratio));
      if (width > 0 && width <= picture.width() && height > 0 && height <= picture.height()) {
        int left = random.nextInt(picture.width() - width + 1);
        int top = random.nextInt(picture.height() - height + 1);
        return part(picture, left, top, width, height);
      }
    }
    // As far as the ratio allows, from the middle.
    int width = (int) Math.min(picture.width(), Math.round(picture.height() * WIDEST));
    int height = (int) Math.min(picture.height(), Math.round(picture.width() / NARROWEST));
    return part(
        picture, (picture.width() - width) / 2, (picture.height() - height) / 2, width, height);
  }

  private static Picture part(Picture picture, int left, int top, int width, int height) {
    byte[] rgb = new byte[3 * width * height];
    for (int y = 0; y < height; y++) {
      int from = 3 * ((top + y) * picture.width() + left);
      System.arraycopy(picture.rgb(), from, rgb, 3 * width * y, 3 * width);
    }
    return new Picture(width, height, rgb);
  }

  private static void mirror(byte[] rgb, int size) {
    for (int y = 0; y < size; y++) {
      for (int x = 0; x < size / 2; x++) {
        for (int c = 0; c < 3; c++) {
          int left = 3 * (y * size + x) + c;
          int right = 3 * (y * size + size - 1 - x) + c;
          byte kept = rgb[left];
          rgb[left] = rgb[right];
          rgb[right] = kept;
        }
      }
    }
  }
}
