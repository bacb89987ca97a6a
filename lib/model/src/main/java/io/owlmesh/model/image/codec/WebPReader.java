// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image.codec;

import com.twelvemonkeys.imageio.plugins.webp.WebPImageReaderSpi;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentSampleModel;
import java.awt.image.DataBufferByte;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.jspecify.annotations.Nullable;

/**
 * WebP (RFC 9649), lossy and lossless; of an animation the first frame on a black canvas. The
 * decoder gets the bitstream alone, so that it sees neither profile nor alpha plane.
 */
public final class WebPReader {
  private static final String FORMAT = "WebP";
  private static final WebPImageReaderSpi SPI = new WebPImageReaderSpi();
  private static final int HEADER = 12;
  private static final int CHUNK_HEADER = 8;
  private static final int FRAME_HEADER = 16;

  // Bytes read beyond those used: a window of 64 bits and one more, or two of an arithmetic
  // decoder,
  // for which zeros stand for many likely symbols, so that more would hide a cut.
  private static final int LOOK_AHEAD_LOSSLESS = 16;
  private static final int LOOK_AHEAD_LOSSY = 2;

  /** A picture and where it lies on its canvas, pixels. */
  private record Frame(int offset, int length, int left, int top) {}

  private final byte[] file;
  private final ByteBuffer in;
  private final SizeCheck sizes;
  private int orientation = Exif.UPRIGHT;
  private @Nullable Frame frame;
  private boolean animated;
  private int canvasWidth;
  private int canvasHeight;

  private WebPReader(byte[] file, SizeCheck sizes) {
    this.file = file;
    this.in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    this.sizes = sizes;
  }

  public static Picture read(byte[] file, SizeCheck sizes) throws IOException {
    return new WebPReader(file, sizes).read();
  }

  private Picture read() throws IOException {
    long end = CHUNK_HEADER + Integer.toUnsignedLong(in.getInt(4));
    if (end > file.length) {
      throw BadPicture.corrupt(FORMAT);
    }
    readChunks(HEADER, (int) end, 0, 0);
    Frame found = frame;
    if (found == null) {
      throw BadPicture.corrupt(FORMAT);
    }
    Picture picture = decode(found);
    return Exif.upright(animated ? onCanvas(picture, found) : picture, orientation);
  }

  private void readChunks(int from, int end, int left, int top) {
    int at = from;
    while (at + CHUNK_HEADER <= end) {
      int length = in.getInt(at + 4);
      int body = at + CHUNK_HEADER;
      if (length < 0 || length > end - body) {
        throw BadPicture.corrupt(FORMAT);
      }
      if (is(at, "VP8X")) {
        canvasWidth = 1 + unsigned24(body + 4);
        canvasHeight = 1 + unsigned24(body + 7);
        sizes.check(canvasWidth, canvasHeight);
      } else if (is(at, "EXIF")) {
        orientation = Exif.orientation(file, body, length);
      } else if (frame == null && (is(at, "VP8 ") || is(at, "VP8L"))) {
        frame = new Frame(at, CHUNK_HEADER + length, left, top);
      } else if (frame == null && from == HEADER && is(at, "ANMF")) {
        animated = true;
        int frameLeft = 2 * unsigned24(body);
        int frameTop = 2 * unsigned24(body + 3);
        readChunks(body + FRAME_HEADER, body + length, frameLeft, frameTop);
      }
      // Chunks start at even offsets.
      at = body + length + (length & 1);
    }
  }

  private boolean is(int at, String type) {
    return PictureFormat.has(file, at, type);
  }

  private int unsigned24(int at) {
    return (in.getShort(at) & 0xffff) | (in.get(at + 2) & 0xff) << 16;
  }

  private Picture decode(Frame found) throws IOException {
    int body = found.offset() + CHUNK_HEADER;
    int width;
    int height;
    if (is(found.offset(), "VP8L")) {
      int bits = in.getInt(body + 1);
      width = 1 + (bits & 0x3fff);
      height = 1 + ((bits >> 14) & 0x3fff);
    } else {
      width = in.getShort(body + 6) & 0x3fff;
      height = in.getShort(body + 8) & 0x3fff;
    }
    sizes.check(width, height);
    ImageReader reader = SPI.createReaderInstance(null);
    try (ImageInputStream stream = new WholeStream(alone(found))) {
      reader.setInput(stream, true, true);
      BufferedImage image = reader.read(0);
      if (image.getWidth() != width || image.getHeight() != height) {
        throw BadPicture.corrupt(FORMAT);
      }
      return new Picture(width, height, rgb(image));
    } finally {
      reader.dispose();
    }
  }

  /**
   * The bitstream as a file of its own. Decoders look ahead of what they use, so zeros follow that
   * let only those that miss something reach the end.
   */
  private byte[] alone(Frame found) {
    boolean lossless = is(found.offset(), "VP8L");
    int chunk = found.length() + (lossless ? LOOK_AHEAD_LOSSLESS : LOOK_AHEAD_LOSSY);
    chunk += chunk & 1;
    ByteBuffer out = ByteBuffer.allocate(HEADER + chunk).order(ByteOrder.LITTLE_ENDIAN);
    out.put("RIFF".getBytes(StandardCharsets.US_ASCII));
    out.putInt(4 + chunk);
    out.put("WEBP".getBytes(StandardCharsets.US_ASCII));
    out.put(file, found.offset(), found.length());
    out.putInt(HEADER + 4, chunk - CHUNK_HEADER);
    return out.array();
  }

  /** The samples as they are stored, whatever the colour model says about them. */
  private static byte[] rgb(BufferedImage image) {
    ComponentSampleModel layout = (ComponentSampleModel) image.getRaster().getSampleModel();
    byte[] from = ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
    int[] offsets = layout.getBandOffsets();
    byte[] rgb = new byte[3 * image.getWidth() * image.getHeight()];
    int out = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      int at = y * layout.getScanlineStride();
      for (int x = 0; x < image.getWidth(); x++) {
        rgb[out] = from[at + offsets[0]];
        rgb[out + 1] = from[at + offsets[1]];
        rgb[out + 2] = from[at + offsets[2]];
        out += 3;
        at += layout.getPixelStride();
      }
    }
    return rgb;
  }

  private Picture onCanvas(Picture picture, Frame found) {
    if (found.left() + picture.width() > canvasWidth
        || found.top() + picture.height() > canvasHeight) {
      throw BadPicture.corrupt(FORMAT);
    }
    byte[] canvas = new byte[3 * canvasWidth * canvasHeight];
    int rowBytes = 3 * picture.width();
    for (int y = 0; y < picture.height(); y++) {
      int to = 3 * ((found.top() + y) * canvasWidth + found.left());
      System.arraycopy(picture.rgb(), y * rowBytes, canvas, to, rowBytes);
    }
    return new Picture(canvasWidth, canvasHeight, canvas);
  }
}
