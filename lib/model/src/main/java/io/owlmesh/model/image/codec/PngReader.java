// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image.codec;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * PNG (W3C, third edition) of every colour type, depth and interlacing. Only the chunks that make
 * pixels are read, so neither profiles nor compressed texts cost anything. Of 16 bits the upper
 * eight count, but for grey without alpha, which Pillow takes for a number and cuts off at 255.
 */
public final class PngReader {
  private static final String FORMAT = "PNG";
  private static final int[] FIRST_COLUMN = {0, 4, 0, 2, 0, 1, 0};
  private static final int[] FIRST_ROW = {0, 0, 4, 0, 2, 0, 1};
  private static final int[] COLUMN_STEP = {8, 8, 4, 4, 2, 2, 1};
  private static final int[] ROW_STEP = {8, 8, 8, 4, 4, 2, 2};

  /** Where the type of the first chunk stands: there is one header, before all else. */
  private static final int FIRST_TYPE = 12;

  /** Deflate makes at most 1032 bytes of one. */
  private static final long MOST_INFLATION = 1032;

  private final byte[] file;
  private final SizeCheck sizes;
  private final List<ByteBuffer> data = new ArrayList<>();
  private final Inflater inflater = new Inflater();
  private int segment;
  private int orientation = Exif.UPRIGHT;
  private byte[] palette = new byte[0];
  private int width;
  private int height;
  private int depth;
  private int colour;
  private boolean interlaced;

  public PngReader(byte[] file, SizeCheck sizes) {
    this.file = file;
    this.sizes = sizes;
  }

  public Picture read() {
    try {
      readChunks();
      long dataBytes = data.stream().mapToLong(ByteBuffer::remaining).sum();
      if ((long) height * rowBytes(width) > dataBytes * MOST_INFLATION) {
        throw BadPicture.corrupt(FORMAT);
      }
      byte[] rgb = new byte[3 * width * height];
      if (interlaced) {
        for (int pass = 0; pass < FIRST_ROW.length; pass++) {
          readPass(rgb, FIRST_COLUMN[pass], FIRST_ROW[pass], COLUMN_STEP[pass], ROW_STEP[pass]);
        }
      } else {
        readPass(rgb, 0, 0, 1, 1);
      }
      return Exif.upright(new Picture(width, height, rgb), orientation);
    } catch (DataFormatException e) {
      throw BadPicture.corrupt(FORMAT, e);
    } finally {
      inflater.end();
    }
  }

  private void readChunks() {
    ByteBuffer in = ByteBuffer.wrap(file);
    in.position(8);
    while (true) {
      if (in.remaining() < 12 && !data.isEmpty()) {
        return; // The end chunk is missing; the pixels tell whether more is.
      }
      int length = in.getInt();
      int at = in.position();
      int body = at + 4;
      if (is(at, "IHDR") != (at == FIRST_TYPE)) {
        throw BadPicture.corrupt(FORMAT);
      }
      if (length < 0 || length > in.remaining() - 8) {
        readCut(at);
        return;
      }
      if (is(at, "IEND")) {
        return;
      } else if (is(at, "IHDR")) {
        checkSum(at, length);
        readHeader(ByteBuffer.wrap(file, body, length));
      } else if (is(at, "PLTE")) {
        checkSum(at, length);
        palette = Arrays.copyOfRange(file, body, body + length);
      } else if (is(at, "IDAT")) {
        checkSum(at, length);
        data.add(ByteBuffer.wrap(file, body, length));
      } else if (is(at, "eXIf")) {
        orientation = Exif.orientation(file, body, length);
      }
      in.position(body + length + 4);
    }
  }

  /** A chunk that the file does not hold whole. Pixels may be, as they need no sums. */
  private void readCut(int at) {
    if (is(at, "IDAT")) {
      data.add(ByteBuffer.wrap(file, at + 4, file.length - at - 4));
    }
    if (data.isEmpty()) {
      throw BadPicture.corrupt(FORMAT);
    }
  }

  private boolean is(int at, String type) {
    return PictureFormat.has(file, at, type);
  }

  private void checkSum(int at, int length) {
    CRC32 sum = new CRC32();
    sum.update(file, at, length + 4);
    if ((int) sum.getValue() != ByteBuffer.wrap(file).getInt(at + 4 + length)) {
      throw BadPicture.corrupt(FORMAT);
    }
  }

  private void readHeader(ByteBuffer header) {
    width = header.getInt();
    height = header.getInt();
    depth = header.get();
    colour = header.get();
    int compression = header.get();
    int filter = header.get();
    int interlacing = header.get();
    sizes.check(Integer.toUnsignedLong(width), Integer.toUnsignedLong(height));
    boolean depthIsAllowed =
        switch (colour) {
          case 0 -> depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
          case 3 -> depth == 1 || depth == 2 || depth == 4 || depth == 8;
          case 2, 4, 6 -> depth == 8 || depth == 16;
          default -> false;
        };
    if (!depthIsAllowed || compression != 0 || filter != 0 || (interlacing & ~1) != 0) {
      throw BadPicture.corrupt(FORMAT);
    }
    interlaced = interlacing == 1;
  }

  private int samples() {
    return switch (colour) {
      case 2 -> 3;
      case 4 -> 2;
      case 6 -> 4;
      default -> 1;
    };
  }

  private int rowBytes(int columns) {
    return (columns * samples() * depth + 7) / 8;
  }

  /** Decodes the pixels at the given steps: the whole picture, or one of the seven of Adam7. */
  private void readPass(byte[] rgb, int firstColumn, int firstRow, int columnStep, int rowStep)
      throws DataFormatException {
    int columns = (width - firstColumn + columnStep - 1) / columnStep;
    if (columns <= 0) {
      return;
    }
    int step = Math.max(1, samples() * depth / 8);
    // A filter type, then the row.
    byte[] row = new byte[1 + rowBytes(columns)];
    byte[] above = new byte[row.length];
    for (int y = firstRow; y < height; y += rowStep) {
      inflate(row);
      unfilter(row, above, step);
      store(row, columns, rgb, 3 * (y * width + firstColumn), 3 * columnStep);
      byte[] done = row;
      row = above;
      above = done;
    }
  }

  private void inflate(byte[] row) throws DataFormatException {
    int filled = 0;
    while (filled < row.length) {
      int count = inflater.inflate(row, filled, row.length - filled);
      filled += count;
      if (count == 0) {
        if (inflater.finished() || inflater.needsDictionary() || segment == data.size()) {
          throw BadPicture.corrupt(FORMAT);
        }
        inflater.setInput(data.get(segment++));
      }
    }
  }

  private static void unfilter(byte[] row, byte[] above, int step) {
    switch (row[0]) {
      case 0 -> {}
      case 1 -> {
        for (int i = 1 + step; i < row.length; i++) {
          row[i] += row[i - step];
        }
      }
      case 2 -> {
        for (int i = 1; i < row.length; i++) {
          row[i] += above[i];
        }
      }
      case 3 -> {
        for (int i = 1; i < row.length; i++) {
          int left = i > step ? row[i - step] & 0xff : 0;
          row[i] += (byte) ((left + (above[i] & 0xff)) >> 1);
        }
      }
      case 4 -> {
        for (int i = 1; i < row.length; i++) {
          int left = i > step ? row[i - step] & 0xff : 0;
          int aboveLeft = i > step ? above[i - step] & 0xff : 0;
          row[i] += (byte) paeth(left, above[i] & 0xff, aboveLeft);
        }
      }
      default -> throw BadPicture.corrupt(FORMAT);
    }
  }

  private static int paeth(int left, int above, int aboveLeft) {
    int toLeft = Math.abs(above - aboveLeft);
    int toAbove = Math.abs(left - aboveLeft);
    int toAboveLeft = Math.abs(left + above - 2 * aboveLeft);
    if (toLeft <= toAbove && toLeft <= toAboveLeft) {
      return left;
    }
    return toAbove <= toAboveLeft ? above : aboveLeft;
  }

  /** Writes one row as RGB from {@code out} on, advancing {@code outStep} bytes a pixel. */
  private void store(byte[] row, int columns, byte[] rgb, int out, int outStep) {
    if (depth < 8 || colour == 3) {
      storeSmall(row, columns, rgb, out, outStep);
      return;
    }
    if (depth == 16 && colour == 0) {
      storeDeepGrey(row, columns, rgb, out, outStep);
      return;
    }
    int sample = depth / 8;
    int step = samples() * sample;
    int green = colour == 2 || colour == 6 ? sample : 0;
    int in = 1;
    int to = out;
    for (int x = 0; x < columns; x++) {
      rgb[to] = row[in];
      rgb[to + 1] = row[in + green];
      rgb[to + 2] = row[in + 2 * green];
      in += step;
      to += outStep;
    }
  }

  /** As {@link #store} for grey of 16 bits: whatever is above 255 is white. */
  private static void storeDeepGrey(byte[] row, int columns, byte[] rgb, int out, int outStep) {
    int to = out;
    for (int in = 1; in <= 2 * columns; in += 2) {
      byte grey = row[in] == 0 ? row[in + 1] : (byte) 255;
      rgb[to] = grey;
      rgb[to + 1] = grey;
      rgb[to + 2] = grey;
      to += outStep;
    }
  }

  /** As {@link #store} for grey below 8 bits and for palettes, whose missing entries are black. */
  private void storeSmall(byte[] row, int columns, byte[] rgb, int out, int outStep) {
    int most = (1 << depth) - 1;
    int to = out;
    for (int x = 0; x < columns; x++) {
      int bit = x * depth;
      int value = (row[1 + (bit >> 3)] >> (8 - depth - (bit & 7))) & most;
      if (colour == 0) {
        byte grey = (byte) (value * 255 / most);
        rgb[to] = grey;
        rgb[to + 1] = grey;
        rgb[to + 2] = grey;
      } else if (3 * value + 2 < palette.length) {
        System.arraycopy(palette, 3 * value, rgb, to, 3);
      }
      to += outStep;
    }
  }
}
