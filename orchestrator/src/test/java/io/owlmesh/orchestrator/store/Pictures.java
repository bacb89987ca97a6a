// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import com.google.protobuf.ByteString;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.ImageIO;

/** Small picture files, each number another. */
public final class Pictures {
  private Pictures() {}

  /** A PNG of 3 x 2 pixels. */
  public static ByteString png(int number) {
    return picture(number, 3, 2, "png");
  }

  /** A square BMP, of three bytes a pixel. */
  public static ByteString bmp(int number, int side) {
    return picture(number, side, side, "bmp");
  }

  private static ByteString picture(int number, int width, int height, String format) {
    BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    picture.setRGB(0, 0, number);
    try (ByteString.Output out = ByteString.newOutput()) {
      ImageIO.write(picture, format, out);
      return out.toByteString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
