// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image.codec;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * BMP of OS/2 and of Windows 3 to 5: 1, 4, 8, 16, 24 and 32 bits a pixel, masks, run lengths of 4
 * and 8 bits. Pictures of other formats inside a BMP are refused.
 */
public final class BmpReader {
  private static final String FORMAT = "BMP";
  private static final int FILE_HEADER = 14;
  private static final int OS2_HEADER = 12;
  private static final int WINDOWS_3_HEADER = 40;
  private static final int NONE = 0;
  private static final int RUNS_8 = 1;
  private static final int RUNS_4 = 2;
  private static final int MASKS = 3;
  private static final int MASKS_AND_ALPHA = 6;

  private final ByteBuffer in;
  private final SizeCheck sizes;
  private int headerBytes;
  private int width;
  private int height;
  private boolean topDown;
  private int bits;
  private int compression;
  private int coloursUsed;

  public BmpReader(byte[] file, SizeCheck sizes) {
    this.in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    this.sizes = sizes;
  }

  public Picture read() {
    int pixels = in.getInt(10);
    readHeader();
    if (pixels < FILE_HEADER + headerBytes || pixels > in.limit()) {
      throw BadPicture.corrupt(FORMAT);
    }
    boolean runs = compression == RUNS_8 || compression == RUNS_4;
    long rowBytes = ((long) width * bits + 31) / 32 * 4;
    // The last row may lack its padding.
    long least = rowBytes * (height - 1) + ((long) width * bits + 7) / 8;
    if (!runs && least > in.limit() - pixels) {
      throw BadPicture.corrupt(FORMAT);
    }
    if (bits <= 8) {
      byte[] indices = runs ? readRuns(pixels) : readIndices(pixels, (int) rowBytes);
      return new Picture(width, height, Indexed.toRgb(indices, readPalette(pixels)));
    }
    byte[] rgb = bits == 24 ? readBytes(pixels, (int) rowBytes) : readWords(pixels, (int) rowBytes);
    return new Picture(width, height, rgb);
  }

  private void readHeader() {
    headerBytes = in.getInt(FILE_HEADER);
    if (headerBytes == OS2_HEADER) {
      width = in.getShort(18) & 0xffff;
      height = in.getShort(20) & 0xffff;
      bits = in.getShort(24);
    } else if (headerBytes >= WINDOWS_3_HEADER && headerBytes <= 124) {
      width = in.getInt(18);
      int signedHeight = in.getInt(22);
      topDown = signedHeight < 0;
      // The least int has no opposite: it stays negative and is refused below.
      height = Math.abs(signedHeight);
      bits = in.getShort(28);
      compression = in.getInt(30);
      coloursUsed = in.getInt(46);
    } else {
      throw BadPicture.corrupt(FORMAT);
    }
    sizes.check(width, height);
    boolean known =
        switch (compression) {
          case NONE ->
              bits == 1 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32;
          case RUNS_8 -> bits == 8;
          case RUNS_4 -> bits == 4;
          case MASKS, MASKS_AND_ALPHA -> bits == 16 || bits == 32;
          default -> false;
        };
    if (!known) {
      throw BadPicture.unsupported(
          "is a BMP file of %d bits a pixel in compression %d; 1, 4, 8, 16, 24 and 32 bits, masks and"
                  .formatted(bits, compression)
              + " run lengths are accepted");
    }
  }

  /** The palette, [entries, 3] RGB, between header and pixels. */
  private byte[] readPalette(int pixels) {
    int entryBytes = headerBytes == OS2_HEADER ? 3 : 4;
    int at = FILE_HEADER + headerBytes;
    int most = Math.min(1 << bits, (pixels - at) / entryBytes);
    int entries = coloursUsed > 0 ? Math.min(coloursUsed, most) : most;
    byte[] palette = new byte[3 * Math.max(entries, 1)];
    for (int i = 0; i < entries; i++) {
      palette[3 * i] = in.get(at + 2);
      palette[3 * i + 1] = in.get(at + 1);
      palette[3 * i + 2] = in.get(at);
      at += entryBytes;
    }
    return palette;
  }

  /** The row of the picture that is stored as number {@code stored}. */
  private int row(int stored) {
    return topDown ? stored : height - 1 - stored;
  }

  private byte[] readIndices(int pixels, int rowBytes) {
    byte[] indices = new byte[width * height];
    int most = (1 << bits) - 1;
    for (int y = 0; y < height; y++) {
      int from = pixels + y * rowBytes;
      int to = row(y) * width;
      for (int x = 0; x < width; x++) {
        int bit = x * bits;
        indices[to + x] = (byte) ((in.get(from + (bit >> 3)) >> (8 - bits - (bit & 7))) & most);
      }
    }
    return indices;
  }

  private byte[] readBytes(int pixels, int rowBytes) {
    byte[] rgb = new byte[3 * width * height];
    byte[] row = new byte[3 * width];
    for (int y = 0; y < height; y++) {
      in.get(pixels + y * rowBytes, row);
      int to = 3 * width * row(y);
      for (int x = 0; x < row.length; x += 3) {
        rgb[to + x] = row[x + 2];
        rgb[to + x + 1] = row[x + 1];
        rgb[to + x + 2] = row[x];
      }
    }
    return rgb;
  }

  private byte[] readWords(int pixels, int rowBytes) {
    int[] masks = bits == 16 ? new int[] {0x7c00, 0x3e0, 0x1f} : new int[] {0xff0000, 0xff00, 0xff};
    if (compression != NONE) {
      // Later headers hold the masks where they follow the shortest one.
      for (int c = 0; c < 3; c++) {
        masks[c] = in.getInt(FILE_HEADER + WINDOWS_3_HEADER + 4 * c);
      }
    }
    byte[] rgb = new byte[3 * width * height];
    int[] shift = new int[3];
    long[] most = new long[3];
    for (int c = 0; c < 3; c++) {
      shift[c] = Integer.numberOfTrailingZeros(masks[c]) & 31;
      most[c] = Math.max(1, Integer.toUnsignedLong(masks[c]) >>> shift[c]);
    }
    for (int y = 0; y < height; y++) {
      int from = pixels + y * rowBytes;
      int to = 3 * width * row(y);
      for (int x = 0; x < width; x++) {
        int word = bits == 16 ? in.getShort(from + 2 * x) & 0xffff : in.getInt(from + 4 * x);
        for (int c = 0; c < 3; c++) {
          rgb[to + 3 * x + c] =
              (byte) ((Integer.toUnsignedLong(word & masks[c]) >>> shift[c]) * 255 / most[c]);
        }
      }
    }
    return rgb;
  }

  /** Run lengths; what they skip is index 0. */
  private byte[] readRuns(int pixels) {
    byte[] indices = new byte[width * height];
    in.position(pixels);
    int x = 0;
    int y = 0;
    while (y < height) {
      int count = in.get() & 0xff;
      int value = in.get() & 0xff;
      if (count > 0) {
        for (int i = 0; i < count; i++) {
          put(indices, x + i, y, bits == 8 ? value : nibble(value, i));
        }
        x = along(x, count);
      } else if (value == 0) {
        x = 0;
        y++;
      } else if (value == 1) {
        return indices;
      } else if (value == 2) {
        x = along(x, in.get() & 0xff);
        y += in.get() & 0xff;
      } else {
        x = readLiterals(indices, x, y, value);
      }
    }
    return indices;
  }

  /** Pixels without runs, padded to two bytes. */
  private int readLiterals(byte[] indices, int x, int y, int count) {
    byte[] literals = new byte[(count * bits + 15) / 16 * 2];
    in.get(literals);
    for (int i = 0; i < count; i++) {
      put(indices, x + i, y, bits == 8 ? literals[i] : nibble(literals[i / 2], i));
    }
    return along(x, count);
  }

  /** The column that is {@code count} further on, or the one behind the last. */
  private int along(int x, int count) {
    return Math.min(x + count, width);
  }

  private static int nibble(int value, int i) {
    return (i & 1) == 0 ? (value >> 4) & 15 : value & 15;
  }

  private void put(byte[] indices, int x, int y, int index) {
    if (x < width) {
      indices[row(y) * width + x] = (byte) index;
    }
  }
}
