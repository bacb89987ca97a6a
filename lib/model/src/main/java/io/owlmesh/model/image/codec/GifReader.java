// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image.codec;

import io.owlmesh.core.OwlException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The first frame of a GIF (version 89a), on its screen. What the frame leaves free takes the
 * transparent index, or index 0, as in the reference.
 */
public final class GifReader {
  private static final String FORMAT = "GIF";
  private static final int EXTENSION = 0x21;
  private static final int FRAME = 0x2c;
  private static final int GRAPHIC_CONTROL = 0xf9;
  private static final int[] FIRST_ROW = {0, 4, 2, 1};
  private static final int[] ROW_STEP = {8, 8, 4, 2};

  private final ByteBuffer in;
  private final SizeCheck sizes;
  private int width;
  private int height;
  private int transparent;
  private byte[] palette = new byte[0];

  public GifReader(byte[] file, SizeCheck sizes) {
    this.in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    this.sizes = sizes;
  }

  /**
   * The first frame.
   *
   * @throws OwlException if the size is over a limit or the first frame is not whole
   */
  public Picture read() {
    in.position(6);
    width = unsignedShort();
    height = unsignedShort();
    sizes.check(width, height);
    int flags = in.get();
    in.getShort(); // background, which the reference ignores, and aspect ratio
    palette = readPalette(flags);
    while (true) {
      int block = in.get() & 0xff;
      if (block == FRAME) {
        return readFrame();
      }
      if (block != EXTENSION) {
        throw BadPicture.corrupt(FORMAT);
      }
      boolean control = (in.get() & 0xff) == GRAPHIC_CONTROL;
      byte[] body = readBlocks();
      if (control && body.length >= 4 && (body[0] & 1) != 0) {
        transparent = body[3] & 0xff;
      }
    }
  }

  private int unsignedShort() {
    return in.getShort() & 0xffff;
  }

  private byte[] readPalette(int flags) {
    byte[] entries = new byte[(flags & 0x80) == 0 ? 0 : 3 << ((flags & 7) + 1)];
    in.get(entries);
    return entries;
  }

  /** The bytes of the blocks up to the empty one. */
  private byte[] readBlocks() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    int length = in.get() & 0xff;
    while (length > 0) {
      byte[] block = new byte[length];
      in.get(block);
      bytes.writeBytes(block);
      length = in.get() & 0xff;
    }
    return bytes.toByteArray();
  }

  private Picture readFrame() {
    int left = unsignedShort();
    int top = unsignedShort();
    int columns = unsignedShort();
    int rows = unsignedShort();
    sizes.check(columns, rows);
    // A frame that leaves the screen widens it.
    width = Math.max(width, left + columns);
    height = Math.max(height, top + rows);
    sizes.check(width, height);
    int flags = in.get();
    byte[] own = readPalette(flags);
    byte[] colours = own.length > 0 ? own : palette;
    int codeBits = in.get();
    byte[] indices = Lzw.unpack(readBlocks(), codeBits, columns * rows);
    byte[] screen = new byte[width * height];
    Arrays.fill(screen, (byte) transparent);
    int row = 0;
    for (int y : rowOrder(rows, (flags & 0x40) != 0)) {
      System.arraycopy(indices, row * columns, screen, (top + y) * width + left, columns);
      row++;
    }
    return new Picture(width, height, Indexed.toRgb(screen, colours));
  }

  private static int[] rowOrder(int rows, boolean interlaced) {
    int[] order = new int[rows];
    int count = 0;
    for (int pass = 0; pass < (interlaced ? FIRST_ROW.length : 1); pass++) {
      int step = interlaced ? ROW_STEP[pass] : 1;
      for (int y = FIRST_ROW[pass]; y < rows; y += step) {
        order[count++] = y;
      }
    }
    return order;
  }
}
