// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image.codec;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The one thing that EXIF is read for: which way up a picture is (TIFF 6.0, tag 274). */
public final class Exif {
  /** The first row is the top, the first column the left. */
  static final int UPRIGHT = 1;

  private static final int ORIENTATION_TAG = 0x0112;
  private static final int TYPE_SHORT = 3;
  private static final int ENTRY_BYTES = 12;

  private Exif() {}

  /**
   * The orientation, 1 to 8, of a TIFF block that may follow the six bytes {@code Exif 0 0}; {@link
   * #UPRIGHT} if the block does not say or is damaged, because a picture is not worse for that.
   */
  static int orientation(byte[] file, int offset, int length) {
    int start = PictureFormat.has(file, offset, "Exif\0\0") ? 6 : 0;
    if (length - start < 8) {
      return UPRIGHT;
    }
    ByteBuffer tiff = ByteBuffer.wrap(file, offset + start, length - start).slice();
    tiff.order(tiff.get(0) == 'M' ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    int directory = tiff.getInt(4);
    if (directory < 8 || directory > tiff.limit() - 2) {
      return UPRIGHT;
    }
    int room = (tiff.limit() - directory - 2) / ENTRY_BYTES;
    int entries = Math.min(tiff.getShort(directory) & 0xffff, room);
    for (int i = 0; i < entries; i++) {
      int at = directory + 2 + i * ENTRY_BYTES;
      if ((tiff.getShort(at) & 0xffff) == ORIENTATION_TAG) {
        int value =
            tiff.getShort(at + 2) == TYPE_SHORT ? tiff.getShort(at + 8) : tiff.getInt(at + 8);
        return value >= 1 && value <= 8 ? value : UPRIGHT;
      }
    }
    return UPRIGHT;
  }

  /**
   * Turns a picture upright. Stored as 2 it is mirrored left to right, as 3 turned by 180 degrees,
   * as 4 mirrored top to bottom; 5 to 8 have rows and columns exchanged besides.
   *
   * @param orientation 1 to 8
   */
  public static Picture upright(Picture stored, int orientation) {
    if (orientation == UPRIGHT) {
      return stored;
    }
    boolean exchanged = orientation >= 5;
    boolean fromRight =
        orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    boolean fromBottom =
        orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    int width = exchanged ? stored.height() : stored.width();
    int height = exchanged ? stored.width() : stored.height();
    // Offset in the stored picture of the upright corner, and what a step right and down adds.
    int column = fromRight ? -3 : 3;
    int row = (fromBottom ? -3 : 3) * stored.width();
    int corner =
        (fromRight ? 3 * (stored.width() - 1) : 0)
            + (fromBottom ? 3 * stored.width() * (stored.height() - 1) : 0);
    int right = exchanged ? row : column;
    int down = exchanged ? column : row;
    byte[] from = stored.rgb();
    byte[] to = new byte[from.length];
    int out = 0;
    for (int y = 0; y < height; y++) {
      int in = corner + y * down;
      for (int x = 0; x < width; x++) {
        to[out] = from[in];
        to[out + 1] = from[in + 1];
        to[out + 2] = from[in + 2];
        out += 3;
        in += right;
      }
    }
    return new Picture(width, height, to);
  }
}
